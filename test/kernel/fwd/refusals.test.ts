import { execFileSync } from 'node:child_process';
import { rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import { ip } from '../../netlink/iproute2.js';
import { done, refusal, start } from '../command.js';
import { ipLink } from '../ip-link.js';
import { OtherNamespace } from '../other-namespace.js';
import { runPeer, startPeer } from '../peer.js';
import { unprivileged } from '../unprivileged.js';
import { enterWorkspace } from '../workspace.js';

enterWorkspace();

function queuesOf(name: string): number {
  return ipLink(name).linkinfo.info_data.numqueues ?? 0;
}

test.serial('fwd names a namespace that it may not enter', async (t) => {
  const other = await OtherNamespace.make();
  await done('create', 'mine0', '--persist', '--owner', 'nobody');
  // As ip(8) makes it: a file that every user may open.
  const file = join(tmpdir(), `rtap-peer-${process.pid}`);
  writeFileSync(file, '');
  execFileSync('mount', ['--bind', `/proc/${other.name}/ns/net`, file]);
  try {
    const { code, stderr } = await unprivileged('fwd', 'mine0', 'mine0', '--peer-netns', file);
    t.is(code, 2);
    t.is(
      stderr,
      `rtap: cannot enter "${file}": setns(CLONE_NEWNET) failed with EPERM\n` +
        'hint: run as root: entering a network namespace needs CAP_SYS_ADMIN\n',
    );
  } finally {
    execFileSync('umount', [file]);
    rmSync(file);
  }
});

test.serial('fwd refuses a wrong command line before it attaches a queue', async (t) => {
  const other = await OtherNamespace.make();
  await done('create', 'io0', '--persist', '--up');
  await done('create', 'io1', '--persist', '--up');
  await done('create', 'io0', '--persist', '--netns', other.name);
  ip('link add veth0 type veth peer name veth1');
  const twoHint = 'hint: name two devices; --peer-netns names the network namespace of the second';
  const listHint = 'hint: list the TAP devices of this network namespace: rtap list';
  const rows: readonly (readonly [words: readonly string[], code: number, message: string, hint?: string])[] =
    [
      [['io0', 'io0'], 1, 'cannot forward between "io0" and "io0": they are one device', twoHint],
      [['io0', 'io0', '--share'], 1, 'cannot forward between "io0" and "io0": they are one device', twoHint],
      [
        ['io0', 'io0', '--peer-netns', String(process.pid)],
        1,
        'cannot forward between "io0" and "io0": they are one device',
        twoHint,
      ],
      [['io0', 'nosuch'], 2, 'cannot forward "nosuch": there is no such device', listHint],
      [['nosuch', 'io1'], 2, 'cannot forward "nosuch": there is no such device', listHint],
      [['io0', 'veth0'], 2, 'cannot forward "veth0": it is not a TAP (veth)'],
      [
        ['io0', 'io1', '--peer-netns', other.name],
        2,
        `cannot forward "io1": there is no such device in network namespace ${other.name}`,
        `hint: list the TAP devices of this network namespace: rtap --netns ${other.name} list`,
      ],
      [
        ['io0', 'io1', '--peer-netns', '/nosuch'],
        2,
        'cannot enter "/nosuch": there is no such file',
        'hint: give a name, a process id or a path; list the names: ip netns list',
      ],
      [['io0', 'io1', '--threads', '5'], 1, 'cannot use 5 threads: 1 to 4 are possible, one for each queue'],
      [['io0', 'io1', '--threads', '0'], 1, 'cannot use thread count 0: 1 to 256 are possible'],
      [['io0', 'io1', '-c', '0'], 1, 'cannot use limit 0: 1 to 9007199254740991 are possible'],
      [['io0', 'io1', '--stats', '1ms'], 1, 'cannot use interval "1ms": 0.01 s or more are possible'],
      [
        ['io0', 'io1', '-q', '0'],
        1,
        'cannot forward queue 0 of "io0" alone: no holder keeps the other queues',
        'hint: start a holder, which keeps them and lends these: rtap hold io0 --detach',
      ],
      [['io0', 'io1', '-q', '7'], 2, 'cannot use queue 7: io0 has 4 queues (0 to 3)'],
    ];
  for (const [words, code, message, hint] of rows) {
    const expected = [code, `rtap: ${message}`, ...(hint === undefined ? [] : [hint])];
    t.deepEqual(await refusal('fwd', ...words), expected, words.join(' '));
    t.deepEqual([queuesOf('io0'), queuesOf('io1')], [0, 0]);
  }
  const busy = start(['rx-dump', 'io1']);
  await busy.waitFor(/listening/, 'stderr');
  t.deepEqual(await refusal('fwd', 'io0', 'io1'), [
    2,
    `rtap: cannot attach to "io1": rx-dump (pid ${busy.pid}) has 4 queues of it attached`,
    'hint: find out which process: rtap show io1; with --share, rx-dump and fwd attach beside it and compete with it for frames',
  ]);
  t.is(queuesOf('io0'), 0);
  await busy.stop();
});

test.serial('fwd accepts the same name in another namespace, and -q that names all queues', async (t) => {
  const other = await OtherNamespace.make();
  await done('create', 'same0', '--persist', '--up', '--queues', '1');
  await done('create', 'same0', '--persist', '--up', '--queues', '1', '--netns', other.name);
  const forwarder = start([
    'fwd',
    'same0',
    'same0',
    '--peer-netns',
    other.name,
    '-q',
    '0',
    '--duration',
    '0',
  ]);
  const { code, stderr } = await forwarder.ended();
  t.is(code, 0, stderr);
  t.regex(stderr, /^fwd: same0 queue 0 <-> same0 queue 0, 1 thread\n/);
  await done('create', 'same1', '--persist', '--up');
  const named = await start(['fwd', 'same1', '-i', 'same0', '--duration', '0']).ended();
  t.regex(named.stderr, /^fwd: same0 queue 0 <-> same1 queues 0-3, 1 thread\n/);
});

test.serial('fwd joins a single-queue device and one with four queues', async (t) => {
  await runPeer('tap_user.py', 'single0', 'single', 'vnet');
  await done('create', 'multi0', '--persist');
  const { code, stderr } = await start(['fwd', 'single0', 'multi0', '--duration', '0']).ended();
  t.is(code, 0, stderr);
  t.regex(stderr, /^fwd: single0 queue 0 <-> multi0 queues 0-3, 1 thread$/m);
  t.regex(stderr, /^multi0 queue 3 +single0 queue 0 /m);
  t.deepEqual(await refusal('fwd', 'single0', 'multi0', '--queues', '2'), [
    2,
    'rtap: cannot attach 2 queues to "single0": it is a single-queue device',
    'hint: make it again with several queues: rtap delete single0 && rtap create single0 --persist',
  ]);
  t.is(queuesOf('multi0'), 0);
});

test.serial('fwd refuses a device without virtio-net headers beside one with headers', async (t) => {
  await done('create', 'ten0', '--persist', '--up');
  // As long as a process has the device attached, it gets no headers.
  const user = startPeer('tap_user.py', ['bare0', 'multi', 'plain', '0', 'hold'], { inputOpen: true });
  await user.waitFor(/^0$/m);
  ip('link set bare0 up');
  t.deepEqual(await refusal('fwd', 'ten0', 'bare0', '--share'), [
    2,
    'rtap: cannot forward between "ten0" and "bare0": their virtio-net headers have 10 and 0 bytes',
    'hint: make the one without such headers again: rtap delete DEVICE && rtap create DEVICE --persist',
  ]);
  user.endInput();
  await user.ended();
});
