import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import type { Link } from '../../../src/netlink/link.js';
import { LinkEvents } from '../../../src/netlink/link-events.js';
import { Links } from '../../../src/netlink/links.js';
import { enterNewNetworkNamespace } from '../../../src/sys/network-namespace.js';
import { COMPILER_FLAG } from '../../compiler-flag.js';
import { ip } from '../../netlink/iproute2.js';
import { LinkRecorder } from '../../netlink/link-recorder.js';
import { openedSince, openFiles } from '../../open-files.js';
import { DEADLINE_MS } from '../deadline.js';

enterNewNetworkNamespace();

const ADD_TAP = 'tuntap add dev io0 mode tap multi_queue vnet_hdr';

/** What matters of the state of links, in a form that can be compared. */
function stateOf(links: Iterable<Link>): string[] {
  return Array.from(links, ({ index, name, mtu, flags }) => `${index} ${name} ${mtu} ${flags}`).sort();
}

function stateNow(): string[] {
  using links = Links.open();
  return stateOf(links.list());
}

test.serial('LinkEvents reports a link from its creation to its deletion', async (t) => {
  const recorder = new LinkRecorder();
  using _events = LinkEvents.open(recorder);
  ip(ADD_TAP, 'link set io0 mtu 1400', 'link set io0 name io1', 'link set io1 up', 'link del io1');
  await recorder.until(() => recorder.gone !== undefined);
  t.deepEqual(recorder.log, ['link io0', 'link io1', 'gone io1']);
  t.like(recorder.gone, { name: 'io1', mtu: 1400, kind: 'tun', newIfindex: undefined });
});

test.serial('LinkEvents knows the links that were there before, and does not report them', async (t) => {
  ip(ADD_TAP);
  const recorder = new LinkRecorder();
  using events = LinkEvents.open(recorder);
  t.deepEqual(Array.from(events.links.values(), (link) => link.name).sort(), ['io0', 'lo']);
  ip('link del io0');
  await recorder.until(() => recorder.gone !== undefined);
  t.deepEqual(recorder.log, ['gone io0']);
  t.is(events.links.size, 1);
});

test.serial('LinkEvents reports the namespace that a link moves to', async (t) => {
  const child = spawn('unshare', ['--net', 'sh', '-c', 'echo ready; read _'], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  await once(child.stdout, 'data');
  const recorder = new LinkRecorder();
  using _events = LinkEvents.open(recorder);
  ip(ADD_TAP, `link set io0 netns ${child.pid}`);
  await recorder.until(() => recorder.gone !== undefined);
  t.true(recorder.gone!.newIfindex! > 0);
  t.true(recorder.gone!.newNetnsId! >= 0);
  child.stdin.end();
  await once(child, 'exit');
});

test.serial('LinkEvents does not take a port that leaves its bridge for a deleted link', async (t) => {
  ip(ADD_TAP, 'link add br0 type bridge');
  const recorder = new LinkRecorder();
  using _events = LinkEvents.open(recorder);
  ip('link set io0 master br0', 'link set io0 nomaster', 'link del br0');
  await recorder.until(() => recorder.gone !== undefined);
  t.is(recorder.gone?.name, 'br0');
  t.false(recorder.log.includes('gone io0'));
  t.is([...recorder.links.values()].find((link) => link.name === 'io0')?.master, undefined);
  ip('link del io0');
});

test.serial('LinkEvents handles a bounded number of events in a turn of the event loop', async (t) => {
  ip(ADD_TAP);
  const recorder = new LinkRecorder();
  using _events = LinkEvents.open(recorder);
  ip(...Array.from({ length: 500 }, (_, number) => `link set io0 mtu ${1000 + number}`), 'link del io0');
  let most = 0;
  let before = 0;
  const measure = () => {
    most = Math.max(most, recorder.calls - before);
    before = recorder.calls;
    if (recorder.gone === undefined) setImmediate(measure);
  };
  setImmediate(measure);
  await recorder.until(() => recorder.gone !== undefined);
  t.true(recorder.calls > 500);
  t.true(most > 0 && most <= 64, `${most} calls in a turn`);
});

test.serial('LinkEvents reads all links anew when the kernel has dropped events', async (t) => {
  ip(ADD_TAP, 'link add v0 type veth peer name v1', 'link set v0 mtu 1400');
  const recorder = new LinkRecorder();
  using events = LinkEvents.open(recorder);
  // This process sleeps meanwhile and reads no event. The socket has room for some thousands.
  const changes = Array.from({ length: 20_000 }, (_, number) => `link set io0 mtu ${1000 + (number % 400)}`);
  ip(...changes, 'link set io0 mtu 1234', 'link del v0', 'link add br0 type bridge');
  await recorder.until(() => [...recorder.links.values()].some((link) => link.name === 'br0'));
  t.is(recorder.log.filter((line) => line === 'overrun').length, 1);
  t.deepEqual(recorder.log.slice(0, 2), ['overrun', 'link io0']);
  t.deepEqual(recorder.log.filter((line) => line.startsWith('gone')).sort(), ['gone v0', 'gone v1']);
  t.deepEqual(stateOf(events.links.values()), stateNow());
  t.is([...recorder.links.values()].find((link) => link.name === 'io0')?.mtu, 1234);

  // And goes on.
  ip('link del br0');
  await recorder.until(() => recorder.log.at(-1) === 'gone br0');
  ip('link del io0');
});

test.serial('LinkEvents ends with the right state, however busy the kernel is', async (t) => {
  // Many, so that no list is finished before the next of them comes or goes.
  ip(
    ...Array.from({ length: 300 }, (_, number) => [
      `tuntap add dev tap${number} mode tap`,
      `link set tap${number} group 8`,
    ]).flat(),
  );
  const recorder = new LinkRecorder();
  using events = LinkEvents.open(recorder);
  for (const link of events.links.values()) recorder.links.set(link.index, link);
  const directory = mkdtempSync(join(tmpdir(), 'rtap-'));
  t.teardown(() => rmSync(directory, { recursive: true }));
  const script = join(directory, 'commands');
  writeFileSync(script, churn(60).join('\n'));
  const child = spawn('ip', ['-batch', script], { stdio: 'inherit' });
  const exit = once(child, 'exit');
  // Nothing reads until there were more events than the socket has room for. After that, links come and go while others are read.
  const end = performance.now() + DEADLINE_MS;
  while (spawnSync('ip', ['link', 'show', 'churning']).status !== 0 && performance.now() < end);
  t.deepEqual(await exit, [0, null]);
  await recorder.until(() => recorder.log.includes('link last'));
  t.true(recorder.log.includes('overrun'));
  t.deepEqual(stateOf(recorder.links.values()), stateNow());
  t.deepEqual(stateOf(events.links.values()), stateNow());
  ip('link del group 8', 'link del churning', 'link del last');
});

/** Commands that cause more events than there is room for, make and remove links, and make one that stays. */
function churn(rounds: number): string[] {
  const commands: string[] = [];
  for (let number = 0; number < 20_000; number++) commands.push(`link set tap0 mtu ${1000 + (number % 400)}`);
  commands.push('link add churning type bridge');
  for (let round = 0; round < rounds; round++) {
    for (let number = 0; number < 10; number++) {
      commands.push(`link add v${number} type veth peer name w${number}`, `link set v${number} group 7`);
    }
    commands.push('link del group 7');
  }
  return [...commands, 'link add last type bridge'];
}

test.serial('LinkEvents calls no handler after its disposal, which a handler may do', async (t) => {
  const before = openFiles();
  const recorder = new LinkRecorder();
  const watched = LinkEvents.open(recorder);
  let calls = 0;
  const events: LinkEvents = LinkEvents.open({
    onLink: () => {
      calls++;
      events[Symbol.dispose]();
    },
    onGone: () => calls++,
    onOverrun: () => calls++,
  });
  ip(ADD_TAP, 'link set io0 mtu 1400', 'link del io0');
  await recorder.until(() => recorder.gone !== undefined);
  watched[Symbol.dispose]();
  events[Symbol.dispose]();
  t.is(calls, 1);
  t.deepEqual(openedSince(before), []);
});

test.serial('LinkEvents calls no handler after its signal was aborted', async (t) => {
  const before = openFiles();
  const watcher = new LinkRecorder();
  const watched = LinkEvents.open(watcher);
  const recorder = new LinkRecorder();
  const stop = new AbortController();
  LinkEvents.open(recorder, { signal: stop.signal });
  LinkEvents.open(recorder, { signal: AbortSignal.abort() });
  ip(ADD_TAP);
  await recorder.until(() => recorder.log.includes('link io0'));
  stop.abort();
  ip('link del io0');
  await watcher.until(() => watcher.gone !== undefined);
  watched[Symbol.dispose]();
  t.deepEqual(recorder.log, ['link io0']);
  t.deepEqual(openedSince(before), []);
});

test.serial('LinkEvents lets the process end after unref', (t) => {
  const script = `
    import { LinkEvents } from './src/netlink/link-events.ts';
    const handler = () => {};
    LinkEvents.open({ onLink: handler, onGone: handler, onOverrun: handler }).unref();`;
  const command = [COMPILER_FLAG, '--input-type=module', '-e', script];
  const { status, signal, stderr } = spawnSync(process.execPath, command, {
    timeout: 20_000,
    encoding: 'utf8',
  });
  t.deepEqual([status, signal], [0, null], stderr);
});
