import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { Ownership } from '../../../src/sys/ownership.js';
import { connectUnix } from '../../../src/sys/unix-socket.js';
import { isStopped } from '../../../src/tap/link/attached-processes.js';
import { done, json, refusal, start } from '../command.js';
import { eventually } from '../deadline.js';
import { ipLink } from '../ip-link.js';
import { RunningProcess } from '../running-process.js';
import { deviceFolder, enterWorkspace } from '../workspace.js';

const workspace = enterWorkspace();

/** The most connections that may wait to be accepted by a listener of this network namespace. */
const SOMAXCONN = '/proc/sys/net/core/somaxconn';

test('commands name a stopped holder whose queue of connections is full', async (t) => {
  const before = readFileSync(SOMAXCONN, 'latin1');
  writeFileSync(SOMAXCONN, '1');
  const holder = start(['create', 'wait0', '--queues', '2']);
  await holder.waitFor(/ready/);
  writeFileSync(SOMAXCONN, before);
  holder.signal('SIGSTOP');
  await eventually(() => isStopped(holder.pid), 'the holder to stop');
  const path = join(deviceFolder(workspace, ipLink('wait0').ifindex), 'holder');
  const purpose = { action: 'fill', object: path };
  using waiting = new Ownership();
  t.throws(
    () => {
      for (let users = 0; users < 10; users++) waiting.own(connectUnix(path, purpose));
    },
    { message: /EAGAIN/ },
  );
  t.like(await json('show', 'wait0'), { holder: { pid: holder.pid }, unread: null, leases: null });
  t.is(
    (await refusal('hold', 'wait0'))[1],
    `rtap: cannot hold "wait0": its holder, rtap (pid ${holder.pid}), is stopped`,
  );
  holder.signal('SIGCONT');
  await holder.stop();
});

/** Accepts connections and sends nothing. */
const SILENT = `
import socket, sys
with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as listening:
    listening.bind(sys.argv[1])
    listening.listen()
    print('ready', flush=True)
    sys.stdin.read()
`;

test('show names a holder that does not answer, and prints nothing about its leases', async (t) => {
  await done('create', 'mute0', '--persist');
  const path = join(deviceFolder(workspace, ipLink('mute0').ifindex), 'holder');
  // show asks a holder only if some process has the device attached.
  const reader = start(['rx-dump', 'mute0']);
  await reader.waitFor(/listening/, 'stderr');
  const mute = new RunningProcess('python3', ['-c', SILENT, path], { inputOpen: true });
  await mute.waitFor(/ready/);
  const text = await done('show', 'mute0');
  const name = `python3 \\(pid ${mute.pid}\\)`;
  t.regex(
    text,
    new RegExp(
      `^held by +${name}, which does not answer: rtap does not know which process reads which queue$`,
      'm',
    ),
  );
  t.regex(text, new RegExp(`^attached +rx-dump \\(pid ${reader.pid}\\)$`, 'm'));
  t.notRegex(text, /^(lent|unread)/m);
  mute.endInput();
  await mute.ended();
  t.regex(await done('show', 'mute0'), /^held by +no process$/m);
  await reader.stop();
});

/** Prints when a client has connected, and sends nothing to it. */
const SLUGGISH = `
import socket, sys
with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as listening:
    listening.bind(sys.argv[1])
    listening.listen()
    print('ready', flush=True)
    users = []
    while True:
        users.append(listening.accept())
        print('connected', flush=True)
`;

for (const words of [
  ['tx-inject', 'slow0', '--arp', '192.0.2.1-192.0.2.2'],
  ['fwd', 'slow0', 'slow1'],
  ['fwd', 'slow1', 'slow0'],
  ['rx-dump', 'slow0'],
]) {
  test.serial(`a signal ends ${words.join(' ')} while a holder lets it wait`, async (t) => {
    await done('create', 'slow0', '--persist', '--up');
    await done('create', 'slow1', '--persist', '--up');
    // A service manager may take long to start the holder: rtap waits 20 seconds for it.
    const path = join(workspace.runtime, 'slow0.socket');
    const sluggish = new RunningProcess('python3', ['-c', SLUGGISH, path]);
    await sluggish.waitFor(/ready/);
    const waiting = start(words);
    await sluggish.waitFor(/connected/);
    const { code, signal, stderr } = await waiting.stop();
    t.deepEqual([code, signal], [null, 'SIGINT'], stderr);
    t.is(stderr, '');
    await sluggish.stop('SIGKILL');
    rmSync(path);
    for (const name of ['slow0', 'slow1']) t.is(ipLink(name).linkinfo.info_data.numqueues, 0);
    await done('delete', 'slow0');
    await done('delete', 'slow1');
    t.deepEqual(await json('gc'), []);
  });
}

for (const words of [
  ['hold', 'dumb0'],
  ['hold', 'dumb0', '--take-over'],
  ['create', 'dumb0', '--exist-ok'],
  ['create', 'dumb0', '--exist-ok', '--persist', '--offload', 'none'],
]) {
  test.serial(`a signal ends ${words.join(' ')} while the holder is silent`, async (t) => {
    await done('create', 'dumb0', '--persist', '--queues', '2');
    // A holder is asked only if some process has the device attached.
    const reader = start(['rx-dump', 'dumb0']);
    await reader.waitFor(/listening/, 'stderr');
    const path = join(deviceFolder(workspace, ipLink('dumb0').ifindex), 'holder');
    const silent = new RunningProcess('python3', ['-c', SLUGGISH, path]);
    await silent.waitFor(/ready/);
    const waiting = start(words);
    await silent.waitFor(/connected/);
    waiting.signal('SIGTERM');
    const { code, signal, stderr } = await waiting.ended();
    t.deepEqual([code, signal, stderr], [null, 'SIGTERM', '']);
    await silent.stop('SIGKILL');
    await reader.stop();
    await done('delete', 'dumb0');
  });
}
