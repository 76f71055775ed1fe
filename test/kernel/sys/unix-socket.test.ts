import { closeSync, constants, fstatSync, mkdirSync, openSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { Descriptor } from '../../../src/sys/descriptor.js';
import { waitUntilReadable } from '../../../src/sys/descriptor-wait.js';
import { errnoOf } from '../../../src/sys/errno.js';
import { MESSAGE_DESCRIPTORS_MAX, MessageMemory } from '../../../src/sys/message-memory.js';
import { Ownership } from '../../../src/sys/ownership.js';
import { readPeerCredentials, readPeerGroups } from '../../../src/sys/peer-credentials.js';
import { throughDirectory } from '../../../src/sys/unix-address.js';
import { acceptUnix, connectUnix, listenUnix } from '../../../src/sys/unix-socket.js';
import { openedSince, openFiles } from '../../open-files.js';
import { startPeer } from '../peer.js';
import { enterWorkspace } from '../workspace.js';

const { directory } = enterWorkspace();
const PURPOSE = { action: 'try', object: 'socket' };
const DATA = new TextEncoder().encode('{"a":1}');

let names = 0;

/** Two connected sockets, and the listening one. */
function connectedPair(owned: Ownership) {
  names += 1;
  const path = join(directory, `socket${names}`);
  const listening = owned.own(listenUnix(path, PURPOSE));
  const client = owned.own(connectUnix(path, PURPOSE));
  const server = acceptUnix(listening.fd);
  if (typeof server === 'number') throw new Error(`accept4: ${server}`);
  return { path, listening, client, server: owned.own(server) };
}

test.serial('a message carries 128 descriptors, which are the same open files, closed on exec', (t) => {
  const before = openFiles();
  const owned = new Ownership();
  const { client, server } = connectedPair(owned);
  const memory = owned.own(new MessageMemory(4096));
  const files = Array.from({ length: MESSAGE_DESCRIPTORS_MAX }, (_, index) => {
    const path = join(directory, `file${index}`);
    writeFileSync(path, String(index));
    return owned.own(new Descriptor(openSync(path, 'r')));
  });
  t.is(
    memory.send(
      server.fd,
      DATA,
      files.map(({ fd }) => fd),
    ),
    DATA.length,
  );
  const { result, truncated, descriptors } = memory.receive(client.fd);
  for (const descriptor of descriptors) owned.own(descriptor);
  t.deepEqual([result, truncated, descriptors.length], [DATA.length, false, 128]);
  t.deepEqual(memory.data(result), DATA);
  for (const [index, { fd }] of descriptors.entries()) {
    t.is(fstatSync(fd).ino, fstatSync(files[index]!.fd).ino);
    t.regex(readFileSync(`/proc/self/fdinfo/${fd}`, 'utf8'), /^flags:\t02/m);
  }
  owned[Symbol.dispose]();
  t.deepEqual(openedSince(before), []);
});

test.serial('a message never waits: EAGAIN when nothing is there, or the reader is slow', (t) => {
  using owned = new Ownership();
  const { client, server, listening } = connectedPair(owned);
  const memory = owned.own(new MessageMemory(4096));
  t.is(memory.receive(client.fd).result, -errnoOf('EAGAIN'));
  t.false(waitUntilReadable(client.fd, 1));
  t.is(acceptUnix(listening.fd), -errnoOf('EAGAIN'));
  let sent = 0;
  let result = 0;
  for (; result >= 0 && sent < 100_000; sent++) result = memory.send(server.fd, new Uint8Array(4096));
  t.is(result, -errnoOf('EAGAIN'));
  t.true(sent > 10);
  t.true(waitUntilReadable(client.fd, 1));
});

test.serial('receiving ends with the connection, and sending into it gives EPIPE without a signal', (t) => {
  using owned = new Ownership();
  const { client, server } = connectedPair(owned);
  const memory = owned.own(new MessageMemory(4096));
  client[Symbol.dispose]();
  t.is(memory.receive(server.fd).result, 0);
  t.is(memory.send(server.fd, DATA), -errnoOf('EPIPE'));
});

test.serial('a message that is too long, or carries too many descriptors, arrives truncated', async (t) => {
  const before = openFiles();
  const owned = new Ownership();
  const { path, listening } = connectedPair(owned);
  const memory = owned.own(new MessageMemory(64));
  const peer = startPeer('unix_messages.py', [path, 'long']);
  await peer.ended();
  const long = owned.own(acceptUnix(listening.fd) as Descriptor);
  const first = memory.receive(long.fd);
  t.deepEqual([first.truncated, first.descriptors.length], [true, 0]);
  const other = startPeer('unix_messages.py', [path, 'descriptors']);
  await other.ended();
  const many = owned.own(acceptUnix(listening.fd) as Descriptor);
  const second = memory.receive(many.fd);
  for (const descriptor of second.descriptors) owned.own(descriptor);
  t.deepEqual([second.truncated, second.descriptors.length], [true, 128]);
  owned[Symbol.dispose]();
  t.deepEqual(openedSince(before), []);
});

test.serial('credentials are those of the other end', (t) => {
  using owned = new Ownership();
  const { client, server } = connectedPair(owned);
  const own = { pid: process.pid, uid: process.geteuid!(), gid: process.getegid!() };
  t.deepEqual(readPeerCredentials(server.fd, PURPOSE), own);
  t.deepEqual(readPeerCredentials(client.fd, PURPOSE), own);
  const groups = process.getgroups!();
  t.true(readPeerGroups(server.fd).every((group) => groups.includes(group)));
});

test.serial('a socket in a folder with a long name is reached through its descriptor', (t) => {
  using owned = new Ownership();
  const deep = join(directory, 'a'.repeat(100), 'b'.repeat(100));
  mkdirSync(deep, { recursive: true });
  const folder = openSync(deep, constants.O_RDONLY | constants.O_DIRECTORY);
  owned.own(listenUnix(throughDirectory(folder, 'holder'), PURPOSE));
  owned.own(connectUnix(throughDirectory(folder, 'holder'), PURPOSE));
  t.throws(() => connectUnix(throughDirectory(folder, 'nobody'), PURPOSE), {
    message: 'cannot try "socket": connect(AF_UNIX) failed with ENOENT',
  });
  closeSync(folder);
});

test.serial('a socket without a listener refuses connections', (t) => {
  using owned = new Ownership();
  const { path, listening } = connectedPair(owned);
  listening[Symbol.dispose]();
  t.throws(() => connectUnix(path, PURPOSE), { message: /ECONNREFUSED$/ });
});
