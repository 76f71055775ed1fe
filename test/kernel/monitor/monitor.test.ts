import { spawn } from 'node:child_process';
import { once } from 'node:events';
import test from 'ava';
import { ip } from '../../netlink/iproute2.js';
import { done, refusal, start } from '../command.js';
import { eventually } from '../deadline.js';
import { ipLink, ipLinks } from '../ip-link.js';
import type { RunningProcess } from '../running-process.js';
import { FlowDevice } from '../sent-flows.js';
import { startUnprivileged } from '../unprivileged.js';
import { enterWorkspace } from '../workspace.js';

enterWorkspace();

interface Event {
  readonly time: string;
  readonly event: string;
  readonly ifname?: string;
  readonly ifindex?: number;
  readonly old?: unknown;
  readonly new?: unknown;
}

async function startMonitor(...words: readonly string[]): Promise<RunningProcess> {
  const monitor = start(['monitor', ...words]);
  await monitor.waitFor(/^monitor: watching .*\n/m, 'stderr');
  return monitor;
}

function eventsOf({ stdout }: { readonly stdout: string }): Event[] {
  const lines = stdout.slice(0, stdout.lastIndexOf('\n') + 1).split('\n');
  return lines.filter(Boolean).map((line) => JSON.parse(line) as Event);
}

/** The state of each device, by index, as the events tell it. It must be what `ip` shows. */
function fold(events: readonly Event[]): Map<number, Record<string, unknown>> {
  const states = new Map<number, Record<string, unknown>>();
  for (const { event, ifindex = 0, new: now } of events) {
    const state = states.get(ifindex) ?? {};
    if (event === 'created' || event === 'present') states.set(ifindex, { ...(now as object) });
    else if (event === 'deleted' || event === 'moved') states.delete(ifindex);
    else if (event === 'up' || event === 'down') state.up = event === 'up';
    else if (event === 'renamed') state.ifname = now;
    else if (event === 'queues') state.numqueues = now;
    else state[event] = now;
  }
  return states;
}

function ipState(): Map<number, Record<string, unknown>> {
  const taps = ipLinks().filter(({ linkinfo }) => linkinfo?.info_kind === 'tun');
  return new Map(
    taps.map((link) => [
      link.ifindex,
      {
        ifname: link.ifname,
        address: link.address,
        mtu: link.mtu,
        txqlen: link.txqlen,
        promisc: link.flags.includes('PROMISC'),
        allmulti: link.flags.includes('ALLMULTI'),
        up: link.flags.includes('UP'),
        persist: link.linkinfo.info_data.persist,
        numqueues: link.linkinfo.info_data.numqueues ?? 0,
      },
    ]),
  );
}

/** Without the keys that ip does not have. */
function comparable(
  states: ReadonlyMap<number, Record<string, unknown>>,
): [number, Record<string, unknown>][] {
  const sorted = [...states].sort(([left], [right]) => left - right);
  return sorted.map(
    ([
      index,
      {
        carrier: _carrier,
        missed: _missed,
        numdisabled: _disabled,
        holder: _holder,
        leases: _leases,
        steer: _steer,
        filter: _filter,
        ...state
      },
    ]) => [index, state],
  );
}

test.serial('monitor prints every event of a device, from its creation to its end', async (t) => {
  const monitor = await startMonitor('mon0', '--json');
  t.is(monitor.stderr, 'monitor: watching mon0, which does not exist yet\n');
  await FlowDevice.create('mon0', { words: ['--queues', '2', '--mac', '02:00:00:00:00:05'] });
  const { ifindex } = ipLink('mon0');
  ip('link add other type bridge', 'link del other');
  ip('link set mon0 mtu 1400', 'link set mon0 promisc on', 'link set mon0 txqueuelen 50');
  const holder = start(['rx-dump', 'mon0']);
  await holder.waitFor(/listening/, 'stderr');
  await holder.stop();
  ip(
    'link set mon0 down',
    'link set mon0 name mon1',
    'link set mon1 address 02:00:00:00:00:06',
    'link del mon1',
  );
  await monitor.waitFor(/"deleted"/);
  const { code, stdout, stderr } = await monitor.stop();
  t.is(code, 0, stderr);
  const events = eventsOf({ stdout });
  t.true(
    events.every(
      (event) => event.ifindex === ifindex && Math.abs(Date.parse(event.time) - Date.now()) < 60_000,
    ),
  );
  t.is(events[0]!.event, 'created');
  t.is((events[0]!.new as { ifname: string }).ifname, 'mon0');
  const changes = (name: string) =>
    events.filter(({ event }) => event === name).map(({ old, new: now }) => [old, now]);
  t.deepEqual(changes('mtu'), [[1500, 1400]]);
  t.deepEqual(changes('promisc'), [[false, true]]);
  t.deepEqual(changes('txqlen'), [[1000, 50]]);
  t.deepEqual(changes('renamed'), [['mon0', 'mon1']]);
  t.deepEqual(changes('address').at(-1), ['02:00:00:00:00:05', '02:00:00:00:00:06']);
  t.deepEqual(changes('queues').slice(-4), [
    [0, 1],
    [1, 2],
    [2, 1],
    [1, 0],
  ]);
  t.true(changes('carrier').some(([, now]) => now === true) && changes('carrier').at(-1)?.[1] === false);
  t.deepEqual(
    events.filter(({ event }) => event === 'up' || event === 'down').map(({ event }) => event),
    ['up', 'down'],
  );
  t.deepEqual(Object.keys(events.at(-1)!), ['time', 'event', 'ifname', 'ifindex']);
});

test.serial(
  'monitor prints the number of missed frames, though the kernel sends no event for them',
  async (t) => {
    const flows = await FlowDevice.create('mon2', { words: ['--queues', '1', '--txqueuelen', '10'] });
    const reader = start(['rx-dump', 'mon2']);
    await reader.waitFor(/listening/, 'stderr');
    await eventually(() => !ipLink('mon2').flags.includes('NO-CARRIER'), 'the carrier');
    const monitor = await startMonitor('mon2');
    reader.signal('SIGSTOP');
    await flows.send(1, 200);
    const [, missed] = await monitor.waitFor(/\] mon2: missed (\d+), \d+ in all\n/);
    t.is(Number(missed), ipLink('mon2').stats64.tx.dropped);
    reader.signal('SIGCONT');
    await reader.stop();
    t.is((await monitor.stop('SIGTERM')).code, 0);
    ip('link del mon2');
  },
);

test.serial('monitor prints where a device moved to, and does not follow it', async (t) => {
  const child = spawn('unshare', ['--net', 'sh', '-c', 'echo ready; read _'], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  await once(child.stdout, 'data');
  await done('create', 'mon3', '--persist');
  const monitor = await startMonitor('--json');
  ip(`link set mon3 netns ${child.pid}`);
  await monitor.waitFor(/"moved".*\n/);
  const event = eventsOf(monitor).at(-1)!;
  t.is(event.ifname, 'mon3');
  t.like(event.new, { netnsid: 0 });
  child.stdin.end();
  await once(child, 'exit');
  await monitor.stop();
});

test.serial('monitor --initial begins with what is there, and --all includes other links', async (t) => {
  await done('create', 'mon4', '--persist');
  ip('link add v0 type veth peer name v1');
  const taps = await startMonitor('--initial');
  t.regex(
    (await taps.stop()).stdout,
    /^\[[-\d]+T[\d:.]+[+-]\d\d:\d\d\] mon4: present, index \d+, down, carrier off, mtu 1500, address [\da-f:]+, queues attached 0, missed 0\n$/,
  );
  const all = await startMonitor('--initial', '--all', '--json');
  const { stdout } = await all.stop();
  t.deepEqual(
    eventsOf({ stdout })
      .map(({ ifname }) => ifname)
      .sort(),
    ['lo', 'mon4', 'v0', 'v1'],
  );
  const named = await startMonitor('v0', '--initial', '--json');
  ip('link set v1 mtu 1300', 'link set v0 mtu 1400');
  await named.waitFor(/"mtu","/);
  t.deepEqual(
    eventsOf(await named.stop()).map(({ event, ifname }) => `${event} ${ifname}`),
    ['present v0', 'mtu v0'],
  );
  ip('link del v0');
});

test.serial('monitor misses no final state when the kernel has dropped events', async (t) => {
  const monitor = await startMonitor('--initial', '--json');
  monitor.signal('SIGSTOP');
  ip(
    ...Array.from({ length: 20 }, (_, number) => `tuntap add dev many${number} mode tap multi_queue`),
    ...Array.from({ length: 10_000 }, (_, number) => {
      const device = `many${number % 20}`;
      const value = Math.floor(number / 20);
      return number % 3 === 0
        ? `link set ${device} txqueuelen ${100 + value}`
        : `link set ${device} mtu ${1000 + value}`;
    }),
    ...Array.from({ length: 10 }, (_, number) => `link del many${number}`),
    'link set many10 name few10 address 02:00:00:00:00:0a',
    'link set many11 up',
    'link set many12 promisc on allmulticast on',
    'tuntap add dev last mode tap',
  );
  monitor.signal('SIGCONT');
  await monitor.waitFor(/"created","ifname":"last".*\n/);
  t.is(eventsOf(monitor).filter(({ event }) => event === 'overrun').length, 1);
  t.deepEqual(comparable(fold(eventsOf(monitor))), comparable(ipState()));

  // From now on, it reads one event after the other.
  const before = eventsOf(monitor).length;
  ip(
    ...Array.from({ length: 10_000 }, (_, number) => `link set few10 mtu ${1000 + (number % 7)}`),
    'link del last',
  );
  await monitor.waitFor(/"deleted","ifname":"last".*\n/);
  t.deepEqual(comparable(fold(eventsOf(monitor))), comparable(ipState()));
  t.true(eventsOf(monitor).length > before + 1);
  t.is((await monitor.stop()).code, 0);
});

test.serial(
  'a reader that stops does not stop monitor, which prints how much it did not write',
  async (t) => {
    await done('create', 'mon6', '--persist');
    const monitor = start(['monitor', '--json'], { outputUnread: true });
    await monitor.waitFor(/watching/, 'stderr');
    // Far more than a pipe holds.
    ip(
      ...Array.from({ length: 3000 }, (_, number) => `link set mon6 mtu ${1000 + (number % 7)}`),
      'link del mon6',
    );
    const { code, stderr } = await monitor.stop();
    t.is(code, 3);
    t.regex(stderr, /\n\d+ events not written: the reader of the output is too slow\n$/);
  },
);

test.serial('monitor ends without an error when its reader closes the pipe', async (t) => {
  await done('create', 'mon7', '--persist');
  const monitor = await startMonitor();
  ip('link set mon7 mtu 1400');
  await monitor.waitFor(/mtu 1500 -> 1400/);
  monitor.closeOutput();
  ip('link set mon7 mtu 1300');
  const { code, stderr } = await monitor.ended();
  t.is(code, 0);
  t.is(stderr, 'monitor: watching all TAP devices\n');
});

test.serial('monitor needs no privilege, and refuses what cannot be a name', async (t) => {
  const monitor = startUnprivileged(['monitor', '--initial']);
  await monitor.waitFor(/mon7: present/);
  t.is((await monitor.stop()).code, 0);
  t.is((await refusal('monitor', 'a/b'))[0], 1);
});

test.serial(
  'monitor reports how devices are steered and filtered, also of a device that rtap did not make',
  async (t) => {
    ip('tuntap add dev set1 mode tap multi_queue');
    await done('create', 'set0', '--persist');
    await done('steer', 'set0', '--by', 'flow');
    const monitor = await startMonitor('set0', 'set1', '--initial', '--json');
    const mac = '02:00:00:00:00:01';
    await done('filter', 'set0', '--mac', mac);
    await done('steer', 'set0', 'off');
    await done('steer', 'set1', '--by', 'vlan', '--map', '5=0', '--else', '0');
    const settings = () =>
      eventsOf(monitor)
        .filter(({ event }) => event === 'steer' || event === 'filter')
        .map(({ event, ifname, old, new: now }) => [event, ifname, old, now]);
    await eventually(() => settings().length === 3, 'three events');
    t.deepEqual(
      // Changes that are seen together come in one order, whichever was made first.
      settings().sort((left, right) => `${left[1]} ${left[0]}`.localeCompare(`${right[1]} ${right[0]}`)),
      [
        ['filter', 'set0', null, { mac: [mac], allmulti: false }],
        ['steer', 'set0', { by: 'flow', map: null, else: 'flow' }, null],
        ['steer', 'set1', null, { by: 'vlan', map: '5=0', else: 0 }],
      ],
    );
    const present = eventsOf(monitor).find(({ event, ifname }) => event === 'present' && ifname === 'set0');
    t.like(present?.new, { steer: { by: 'flow', map: null, else: 'flow' }, filter: null });
    await monitor.stop();
  },
);
