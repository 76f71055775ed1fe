import { existsSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { networkNamespaceCookie } from '../../../src/sys/network-namespace.js';
import { listenAgain } from '../../../src/sys/unix-socket.js';
import { HolderClient } from '../../../src/tap/lease/holder-client.js';
import { findTap } from '../../../src/tap/link/tap-link.js';
import { done, json, refusal, start } from '../command.js';
import { ipLink } from '../ip-link.js';
import { startPeer } from '../peer.js';
import { RunningProcess } from '../running-process.js';
import { deviceFolder, enterWorkspace } from '../workspace.js';

const workspace = enterWorkspace();

const DAEMON = 1;
const PERMISSIONS = 0o7777;

interface View {
  readonly holder: { readonly pid: number } | null;
}

/** Makes a device of the group games, and returns its folder. */
async function makeDevice(name: string): Promise<string> {
  await done('create', name, '--persist', '--queues', '2', '--group', 'games');
  return deviceFolder(workspace, ipLink(name).ifindex);
}

async function hold(name: string, ...options: readonly string[]): Promise<RunningProcess> {
  const holder = start(['hold', name, ...options]);
  await holder.waitFor(/ready/);
  return holder;
}

/** Starts a program as a user without any right but that the group of the device has. */
function startAsMember(...words: readonly string[]): RunningProcess {
  const who = [
    `--reuid=${DAEMON}`,
    '--regid=games',
    '--clear-groups',
    '--bounding-set=-all',
    '--inh-caps=-all',
  ];
  // What root installed for itself, others may not run.
  return new RunningProcess('setpriv', [...who, ...words], { env: { PATH: '/usr/bin:/bin' } });
}

async function asMember(...words: readonly string[]): Promise<number | null> {
  return (await startAsMember(...words).ended()).code;
}

test('a member of the group replaces neither the socket nor the lock of the holder', async (t) => {
  const folder = await makeDevice('files0');
  const holder = await hold('files0', '--group', 'games');
  const [socket, lock, own] = ['holder', 'holder.lock', 'own'].map((name) => join(folder, name));
  t.is(statSync(folder).mode & PERMISSIONS, 0o1775);
  t.is(statSync(lock!).mode & PERMISSIONS, 0o600);
  t.is(await asMember('touch', own!), 0, 'it may write there');
  for (const words of [
    ['rm', '-f', socket!],
    ['mv', '-f', own!, socket!],
    ['mv', socket!, `${socket}.old`],
    ['rm', '-f', lock!],
    ['flock', '-n', '-s', lock!, 'true'],
  ])
    t.not(await asMember(...words), 0, words.join(' '));
  t.like(await json<View>('show', 'files0'), { holder: { pid: holder.pid } });
  await done('release', 'files0');
  await holder.ended();
  t.false(existsSync(lock!), 'the next holder may be of another user');
});

test('a lock that a member of the group has made keeps no other user from holding the device', async (t) => {
  const folder = await makeDevice('locked0');
  const lock = join(folder, 'holder.lock');
  const member = startAsMember('flock', '-F', '-x', lock, 'sh', '-c', 'echo locked; exec sleep 50');
  await member.waitFor(/locked/);
  const holder = await hold('locked0');
  t.is(statSync(lock).uid, 0);
  const { code, stderr } = await start(['hold', 'locked0']).ended();
  t.is(code, 2);
  t.regex(stderr, /it has a holder already/);
  await holder.stop();
  await member.stop();
});

test('release of a process that answers as the holder, and holds nothing, is no success', async (t) => {
  const folder = await makeDevice('false0');
  const { ifindex } = ipLink('false0');
  const words = [folder, 'false0', ifindex, networkNamespaceCookie(), 'file'];
  const impostor = startPeer('foreign_lender.py', words);
  await impostor.waitFor(/ready/);
  const [code, message] = await refusal('release', 'false0');
  t.is(code, 2);
  t.is(
    message,
    `rtap: cannot release "false0": python3 (pid ${impostor.pid}) answers as its holder, and has no queue of it`,
  );
  await impostor.stop();
});

test('the kernel names the old holder again after a successor that listened and left', async (t) => {
  await makeDevice('again0');
  const holder = await hold('again0');
  {
    using client = HolderClient.requireRunning(findTap('again0', 'try'), 'try');
    client.send({ type: 'take-over' }, 'try');
    const { reply, descriptors } = client.next('try');
    t.is(reply.type, 'handing-over');
    const [lock, socket, ...others] = descriptors;
    listenAgain(socket!.fd, { action: 'try', object: 'again0' });
    for (const descriptor of [lock!, socket!, ...others]) descriptor[Symbol.dispose]();
  }
  t.like(await json<View>('show', 'again0'), { holder: { pid: holder.pid } });
  await holder.stop();
});

test('a folder with a lock of an older release gets its present modes', async (t) => {
  const folder = await makeDevice('older0');
  const lock = join(folder, 'holder.lock');
  writeFileSync(lock, '', { mode: 0o640 });
  await new RunningProcess('chmod', ['0775', folder]).ended();
  const holder = await hold('older0');
  t.is(statSync(folder).mode & PERMISSIONS, 0o1775);
  t.is(statSync(lock).mode & PERMISSIONS, 0o600);
  await holder.stop();
});
