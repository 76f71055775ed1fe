import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { Descriptor } from '../../../src/sys/descriptor.js';
import { MessageMemory } from '../../../src/sys/message-memory.js';
import { networkNamespaceCookie } from '../../../src/sys/network-namespace.js';
import { Ownership } from '../../../src/sys/ownership.js';
import { acceptUnix, listenUnix } from '../../../src/sys/unix-socket.js';
import { REPLY_BYTES_MAX } from '../../../src/tap/lease/holder-message.js';
import { encodeReply, type HolderReply } from '../../../src/tap/lease/holder-reply.js';
import { TapDescriptor } from '../../../src/tap/link/tap-descriptor.js';
import { done, json, RTAP, refusal, runProcess, start } from '../command.js';
import { eventually } from '../deadline.js';
import { ipLink } from '../ip-link.js';
import { RunningProcess } from '../running-process.js';
import { FlowDevice } from '../sent-flows.js';
import { deviceFolder, enterWorkspace } from '../workspace.js';
import { ChangingBorrower } from './borrowed-device.js';
import { eventuallyShown, ready } from './ready-holder.js';

const workspace = enterWorkspace();

const SCRIPT = new URL('../../peers/changing_borrower.py', import.meta.url).pathname;
/** Counts the frames that wait in a queue whose reads do not wait. */
const COUNT = `
import os, sys
count = 0
try:
    while os.read(int(sys.argv[1]), 70000):
        count += 1
except BlockingIOError:
    print(count)
`;

const lend = (...words: readonly string[]) => runProcess('lend', ...words);

/** Starts `changing_borrower.py` by `rtap lend`. */
async function lent(...words: readonly string[]): Promise<ChangingBorrower> {
  return ChangingBorrower.of(start(['lend', ...words, '--', 'python3', SCRIPT, 'lent'], { inputOpen: true }));
}

const leasesOf = async (name: string) => (await eventuallyShown(name)).leases;

async function untilReturned(t: ExecutionContext, name: string): Promise<void> {
  await eventuallyShown(name, ({ leases }) => leases.length === 0);
  t.is(ipLink(name).linkinfo.info_data.numdisabled ?? 0, 0);
}

for (const isHeld of [true, false]) {
  const name = isHeld ? 'held0' : 'free0';
  test.serial(`lend becomes the command, with queues ${isHeld ? 'of a holder' : 'of its own'}`, async (t) => {
    await done('create', name, '--persist', '--up', '--queues', '3');
    const holder = isHeld ? await ready('hold', name) : undefined;
    const script = 'echo "$1 $RTAP_FDS $2 $RTAP_QUEUES $$"; readlink /proc/self/fd/*; exit 5';
    const words = ['-q', '0-1', '--', 'sh', '-c', script, 'sh', '{fds}', '{queues}'];
    const command = start(['lend', name, ...words]);
    const { code, stdout, stderr } = await command.ended();
    t.deepEqual([code, stderr], [5, '']);
    const [first = '', ...links] = stdout.trimEnd().split('\n');
    t.regex(first, new RegExp(`^(\\d+:\\d+) \\1 2 2 ${command.pid}$`));
    t.is(links.filter((link) => link === '/dev/net/tun').length, 2);
    const one = await lend(name, '-q', '0', '--', 'echo', 'fd={fd}', '{fds}', '{queues}', '--', '-q', '7');
    t.regex(one.stdout, /^fd=(\d+) \1 1 -- -q 7\n$/);
    if (isHeld) t.deepEqual(await leasesOf(name), []);
    await holder?.stop();
    t.is(ipLink(name).linkinfo.info_data.numqueues, 0);
  });
}

test.serial('the command of lend gets back what Node changes', async (t) => {
  await done('create', 'back0', '--persist');
  const script =
    'grep -E "^Sig(Blk|Ign)" /proc/self/status; ulimit -Sn; ulimit -Hn; grep ^flags /proc/self/fdinfo/[012]';
  const shell = `ulimit -Sn 321; "$0" lend back0 -q 0 -- sh -c '${script}'; true`;
  const { stdout, stderr } = spawnSync('bash', ['-c', shell, RTAP], { encoding: 'utf8' });
  const [blocked, ignored, soft, hard, ...flags] = stdout.trimEnd().split('\n');
  t.is(stderr, '');
  t.regex(blocked!, /^SigBlk:\s0+$/);
  t.regex(ignored!, /^SigIgn:\s0+$/);
  t.is(soft, '321');
  t.is(hard, spawnSync('bash', ['-c', 'ulimit -Hn'], { encoding: 'utf8' }).stdout.trim());
  t.is(flags.length, 3);
  for (const line of flags) t.is(Number.parseInt(line.split(/\s+/).at(-1)!, 8) & 0o4000, 0, line);
  const piped = '"$0" lend back0 -q 0 -- yes | head -1';
  const ended = spawnSync('bash', ['-o', 'pipefail', '-c', piped, RTAP], { encoding: 'utf8' });
  t.deepEqual([ended.stdout, ended.status], ['y\n', 141], 'ended by SIGPIPE');
});

test.serial('the command of lend gets no descriptor that lend was started with', async (t) => {
  await done('create', 'few0', '--persist');
  const shell =
    'exec 9</etc/passwd 40</etc/passwd 251</etc/passwd; "$0" lend few0 -q 0 -- readlink $(printf "/proc/self/fd/%s " {3..300})';
  const { stdout } = spawnSync('bash', ['-c', shell, RTAP], { encoding: 'utf8' });
  t.is(stdout, '/dev/net/tun\n');
});

test.serial('a lease lasts as long as the command, even if it closes all other descriptors', async (t) => {
  await done('create', 'last0', '--persist', '--up', '--queues', '2');
  const holder = await ready('hold', 'last0');
  const monitor = start(['monitor', 'last0']);
  await monitor.waitFor(/watching/, 'stderr');
  const borrower = await lent('last0', '-q', '1');
  const { pid } = borrower.process;
  const lease = { pid, command: 'python3', queues: [1] };
  t.deepEqual(await leasesOf('last0'), [lease]);
  await borrower.do('close', 'detach 0');
  t.deepEqual(await leasesOf('last0'), [lease]);
  const busy = `rtap: cannot attach to "last0": queue 1 of last0 is being read by python3 (pid ${pid})`;
  const refused = await lend('last0', '--', 'true');
  const hint = 'hint: name free queues with -q; find them: rtap show last0';
  t.deepEqual([refused.code, ...refused.stderr.split('\n', 2)], [2, busy, hint]);
  t.deepEqual((await refusal('rx-dump', 'last0')).slice(0, 2), [2, busy]);
  await borrower.process.stop('SIGKILL');
  await untilReturned(t, 'last0');
  const named = `python3 \\(pid ${pid}\\)`;
  await monitor.waitFor(new RegExp(`last0: queue 1 read by ${named}$`, 'm'));
  await monitor.waitFor(new RegExp(`last0: queue 1 no longer read by ${named}$`, 'm'));
  await monitor.waitFor(new RegExp(`last0: put back after ${named}: queue 1 attached$`, 'm'));
  await monitor.stop();
  await holder.stop();
});

test.serial('a lease lasts as long as a child of the command has the connection', async (t) => {
  await done('create', 'fork0', '--persist', '--up', '--queues', '2');
  const holder = await ready('hold', 'fork0');
  const command = start([
    'lend',
    'fork0',
    '-q',
    '0',
    '--',
    'sh',
    '-c',
    'sleep 600 >/dev/null 2>&1 & echo $!',
  ]);
  const [child] = await command.waitFor(/^\d+$/m);
  t.is((await command.ended()).code, 0);
  t.deepEqual(await leasesOf('fork0'), [{ pid: command.pid, command: 'sh', queues: [0] }]);
  process.kill(Number(child));
  await untilReturned(t, 'fork0');
  await holder.stop();
});

test.serial('a lease of a process goes to the next holder', async (t) => {
  await done('create', 'over0', '--persist', '--up', '--queues', '2');
  const first = await ready('hold', 'over0');
  const borrower = await lent('over0', '-q', '0');
  const open = await lent('over0', '-q', '1');
  await borrower.do('close', 'block 0');
  const second = await ready('hold', 'over0', '--take-over');
  t.is((await first.ended()).code, 0);
  t.is((await leasesOf('over0')).length, 2);
  const third = await ready('hold', 'over0', '--take-over');
  t.is((await second.ended()).code, 0);
  t.deepEqual(
    (await leasesOf('over0')).map(({ pid, queues }) => [pid, ...queues]).sort((a, b) => a[1]! - b[1]!),
    [
      [borrower.process.pid, 0],
      [open.process.pid, 1],
    ],
  );
  await borrower.process.stop('SIGKILL');
  await open.process.stop('SIGKILL');
  await untilReturned(t, 'over0');
  t.regex(third.stderr, /put back after python3 \(pid \d+\): queue 0 non-blocking/);
  await third.stop();
});

test.serial('lend refuses what it cannot run, and leaves no lease', async (t) => {
  await done('create', 'none0', '--persist', '--up', '--queues', '2');
  const holder = await ready('hold', 'none0');
  const refused = async (...words: readonly string[]) => {
    const { code, stdout, stderr } = await lend(...words);
    t.is(stdout, '');
    t.regex(stderr, /^rtap: [^\n]+\n(hint: [^\n]+\n)?$/);
    return [code, stderr.split('\n')[0]];
  };
  t.deepEqual(await refused('none0', '--', 'no-such-command'), [
    127,
    'rtap: cannot run "no-such-command": there is no such command',
  ]);
  t.deepEqual(await refused('none0', '--', '/etc/passwd'), [
    126,
    'rtap: cannot run "/etc/passwd": execve failed with EACCES (permission denied)',
  ]);
  // execve(2) refuses this one: its interpreter is missing.
  const broken = join(workspace.directory, 'broken');
  spawnSync('sh', ['-c', 'printf "#!/no/such/interpreter\\n" >"$0"; chmod +x "$0"', broken]);
  t.deepEqual(await refused('none0', '--', broken), [
    127,
    `rtap: cannot run "${broken}": its interpreter does not exist`,
  ]);
  const hintFor = async (program: string) => (await lend('none0', '--', program)).stderr.split('\n')[1];
  t.is(await hintFor(broken), 'hint: check its path, and the first line (#!) of a script');
  t.regex((await hintFor('/etc/passwd'))!, /^hint: only an executable file can run: chmod \+x /);
  t.regex((await hintFor('no-such-command'))!, /^hint: install it, or write its path/);
  t.deepEqual(await refused('none0', '--', 'echo', '{fd}'), [
    1,
    'rtap: cannot replace "{fd}": 2 queues are lent; write {fds}, or name one queue with -q',
  ]);
  t.deepEqual(await refused('none0', '-q', '7', '--', 'true'), [
    2,
    'rtap: cannot attach to "none0": it has no queue 7, its holder has 2',
  ]);
  t.deepEqual(await refused('missing0', '--', 'true'), [
    2,
    'rtap: cannot attach to "missing0": there is no such device',
  ]);
  t.deepEqual(await refused('none0', 'true', '-q', '0'), [
    1,
    'rtap: cannot run "true": it must come after --',
  ]);
  for (const words of [['none0'], ['none0', '--']])
    t.deepEqual(await refused(...words), [1, 'rtap: cannot read argument "command": it is missing']);
  t.deepEqual(await leasesOf('none0'), []);
  await holder.stop();
  t.deepEqual(await refused('none0', '-q', '2', '--', 'true'), [
    2,
    'rtap: cannot use queue 2: none0 has 2 queues (0 to 1)',
  ]);
});

test.serial('lend discards the frames that wait in a queue, or keeps them', async (t) => {
  const device = await FlowDevice.create('wait0', { words: ['--queues', '1'] });
  const holder = await ready('hold', 'wait0');
  await eventually(() => ipLink('wait0').flags.includes('LOWER_UP'), 'the carrier');
  await device.send(8, 40);
  const kept = await lend('wait0', '--backlog', '--', 'python3', '-c', COUNT, '{fd}');
  t.deepEqual([kept.stdout, kept.stderr], ['40\n', '']);
  await device.send(8, 30);
  const fresh = await lend('wait0', '--', 'python3', '-c', COUNT, '{fd}');
  const note = 'lend: 30 waiting packets discarded (--backlog keeps them)\n';
  t.deepEqual([fresh.stdout, fresh.stderr], ['0\n', note]);
  const stats = JSON.stringify(await json('stats', 'wait0'));
  t.regex(stats, /"discarded":30/);
  await holder.stop();
});

test.serial('an older holder keeps the lease as long as the command has the connection', async (t) => {
  await done('create', 'old0', '--persist', '--queues', '1');
  const { ifindex } = ipLink('old0');
  using owned = new Ownership();
  const tap = owned.own(TapDescriptor.attach('old0'));
  await done('show', 'old0');
  const folder = deviceFolder(workspace, ifindex);
  const listening = owned.own(listenUnix(join(folder, 'holder'), { action: 'try', object: 'old0' }));
  const memory = owned.own(new MessageMemory(REPLY_BYTES_MAX));
  const greeting: HolderReply = {
    type: 'greeting',
    holder: { pid: process.pid, command: 'old' },
    device: 'old0',
    ifindex,
    netns: networkNamespaceCookie(),
    queues: 1,
    leases: [],
    admitted: true,
  };
  const command = new RunningProcess(
    RTAP,
    ['lend', 'old0', '--backlog', '--', 'sh', '-c', 'echo run; read x'],
    {
      inputOpen: true,
    },
  );
  const socket = await eventually(() => {
    const accepted = acceptUnix(listening.fd);
    return accepted instanceof Descriptor && accepted;
  }, 'the borrower');
  owned.own(socket);
  memory.send(socket.fd, encodeReply(greeting), []);
  const request = await eventually(() => {
    const { result } = memory.receive(socket.fd);
    return result > 0 && new TextDecoder().decode(memory.data(result));
  }, 'the request');
  t.like(JSON.parse(request), { rtap: 1, type: 'lease', share: false, command: 'sh', process: true });
  memory.send(socket.fd, encodeReply({ type: 'lent', queues: [0] }), [tap.fd]);
  await command.waitFor(/^run$/m);
  t.regex(
    command.stderr,
    /^rtap: warning: the holder of old0, or its kernel, cannot tell when a process ends: [^\n]+\n$/,
  );
  t.is(memory.receive(socket.fd).result, -11, 'the connection is open');
  command.endInput();
  t.is((await command.ended()).code, 1);
  t.is(await eventually(() => memory.receive(socket.fd).result === 0, 'the end'), true);
});
