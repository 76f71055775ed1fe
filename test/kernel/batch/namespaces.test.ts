import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { networkNamespaceCookie } from '../../../src/sys/network-namespace.js';
import { withinNamedNamespace } from '../../../src/tap/link/network-namespace.js';
import { RTAP, runWith } from '../command.js';
import { findIpLink } from '../ip-link.js';
import { OtherNamespace } from '../other-namespace.js';
import { RunningProcess } from '../running-process.js';
import { enterWorkspace } from '../workspace.js';

const workspace = enterWorkspace();
let blue: OtherNamespace;
let red: OtherNamespace;
test.before(async () => {
  blue = await OtherNamespace.make();
  red = await OtherNamespace.make();
});

interface Named {
  readonly ifname: string;
}

/** The names of the devices that each `list --json` of a batch printed. */
function listsIn(stdout: string): string[][] {
  const lists = stdout.split('\n').filter((line) => line.startsWith('['));
  return lists.map((line) => (JSON.parse(line) as Named[]).map(({ ifname }) => ifname));
}

function batch(lines: readonly string[], ...options: readonly string[]) {
  return runWith({ input: `${lines.join('\n')}\n` }, ...options, 'batch', '--keep-going');
}

async function namesIn(namespace: OtherNamespace): Promise<string> {
  return (await namespace.run('ip', '-br', 'link', 'show', 'type', 'tun')).replaceAll(/^(\S+).*$/gm, '$1');
}

test.serial(
  'each line of a batch runs in its own network namespace, and the next one does not',
  async (t) => {
    const { code, stdout, stderr } = await batch([
      'create here0 --persist',
      `create blue0 --persist --netns ${blue.name}`,
      'list --json',
      `--netns ${red.name} create red0 --persist`,
      `--netns=${blue.name} list --json`,
      `list --json --netns /proc/${red.name}/ns/net`,
      'list --json',
      `--netns ${blue.name} up absent0`,
      'list --json',
      `--netns ${blue.name} mtu blue0 9`,
      'list --json',
      '--netns no-such-namespace list',
      'list --json',
    ]);
    t.is(code, 2);
    t.deepEqual(listsIn(stdout), [
      ['here0'],
      ['blue0'],
      ['red0'],
      ...Array.from({ length: 4 }, () => ['here0']),
    ]);
    t.deepEqual([await namesIn(blue), await namesIn(red)], ['blue0\n', 'red0\n']);
    t.truthy(findIpLink('here0'));
    t.regex(
      stderr,
      new RegExp(
        `^hint: list the TAP devices of this network namespace: rtap --netns ${blue.name} list$`,
        'm',
      ),
    );
    t.regex(stderr, /^rtap: line 12: cannot enter "no-such-namespace": there is no such network namespace$/m);
  },
);

test.serial('the runtime state of each line lies in the folder of its namespace', async (t) => {
  const cookies = [networkNamespaceCookie(), withinNamedNamespace(blue.name, networkNamespaceCookie)];
  await batch(['create state0 --persist', `--netns ${blue.name} create state1 --persist`]);
  const folders = cookies.map((cookie) => readdirSync(join(workspace.runtime, cookie)).length);
  const { stdout } = await batch(['show state0 --json', `show state1 --json --netns ${blue.name}`]);
  t.deepEqual(
    stdout
      .trimEnd()
      .split('\n')
      .map((line) => (JSON.parse(line) as { queues: number }).queues),
    [4, 4],
    'each finds its record',
  );
  await batch(['delete state0', `--netns ${blue.name} delete state1`]);
  t.deepEqual(
    cookies.map((cookie) =>
      existsSync(join(workspace.runtime, cookie)) ? readdirSync(join(workspace.runtime, cookie)).length : 0,
    ),
    folders.map((count) => count - 1),
  );
});

test.serial(
  'a line that takes its time stays in its namespace, and so does its holder in the background',
  async (t) => {
    const { code, stdout, stderr } = await batch([
      `--netns ${blue.name} create slow0 --detach --up`,
      `--netns ${blue.name} rx-dump slow0 --duration 50ms`,
      'list --json',
      `--netns ${blue.name} tx-inject slow0 --hex ${'00'.repeat(60)} -l 3 --pps 100`,
      'list --json',
      'doctor',
      'list --json',
      `--netns ${blue.name} release slow0`,
    ]);
    t.is(code, 0, stderr);
    t.regex(stdout, /^slow0: ready, 4 queues$/m);
    t.regex(stderr, /^3 packets offered, 3 accepted/m);
    t.deepEqual(listsIn(stdout), [['here0'], ['here0'], ['here0']], 'doctor has a namespace of its own');
  },
);

test.serial('--netns before batch names the namespace that its lines begin in', async (t) => {
  const { code, stdout, stderr } = await batch(
    ['list --json', `list --json --netns ${red.name}`, 'list --json', 'show absent0'],
    '--netns',
    blue.name,
  );
  t.is(code, 2);
  t.deepEqual(listsIn(stdout), [['blue0'], ['red0'], ['blue0']]);
  t.regex(stderr, new RegExp(`rtap --netns ${blue.name} list$`, 'm'));
});

test.serial('batch ends when it cannot come back to its namespace', async (t) => {
  // Root of a user namespace may enter a network namespace that it made, and may not go back to that of the machine.
  const script = [
    'unshare --net sleep 60 & inner=$!',
    'until [ "$(readlink /proc/$inner/ns/net)" != "$(readlink /proc/self/ns/net)" ]; do sleep 0.01; done',
    'printf "mtu absent0\\n--netns $inner mtu absent1\\nmtu absent2\\n" | "$0" batch --keep-going',
    'code=$?; kill $inner; exit $code',
  ].join('\n');
  const words = ['--user', '--map-root-user', 'bash', '-c', script, RTAP];
  const { code, stderr } = await new RunningProcess('unshare', words).ended();
  t.is(code, 2);
  t.deepEqual(
    stderr
      .split('\n')
      .filter((line) => line.startsWith('rtap: '))
      .map((line) => line.replace(/ \d+$/, ' PID')),
    [
      'rtap: line 1: cannot read "absent0": there is no such device',
      'rtap: line 2: cannot read "absent1": there is no such device in network namespace PID',
      'rtap: cannot return to "network namespace": setns(CLONE_NEWNET) failed with EPERM',
    ],
  );
});
