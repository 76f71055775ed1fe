import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { readlinkSync } from 'node:fs';
import test from 'ava';
import { isSystemError } from '../../../src/sys/errno.js';
import {
  enterNetworkNamespace,
  enterNewNetworkNamespace,
  networkNamespaceCookie,
} from '../../../src/sys/network-namespace.js';
import { openedSince, openFiles } from '../../open-files.js';

/** SO_NETNS_COOKIE as Python reads it, in a process that we start. */
function cookieOfPython(...prefix: readonly string[]): string {
  const script =
    'import socket, struct; print(struct.unpack("=Q", socket.socket().getsockopt(socket.SOL_SOCKET, 71, 8))[0])';
  const [program, ...words] = [...prefix, 'python3', '-c', script];
  const { stdout } = spawnSync(program!, words, { encoding: 'utf8' });
  return stdout.trim();
}

test.serial('networkNamespaceCookie stays the same when nothing changes, and leaves no descriptor', (t) => {
  const before = openFiles();
  const cookie = networkNamespaceCookie();
  t.regex(cookie, /^[1-9]\d*$/);
  for (let round = 0; round < 50; round++) t.is(networkNamespaceCookie(), cookie);
  t.deepEqual(openedSince(before), []);
});

test.serial('networkNamespaceCookie is what another program reads in the same namespace', (t) => {
  t.is(cookieOfPython(), networkNamespaceCookie());
  t.not(cookieOfPython('unshare', '--net'), networkNamespaceCookie());
});

test.serial('enterNewNetworkNamespace gives another cookie each time, to our children too', (t) => {
  const seen = [networkNamespaceCookie()];
  for (let round = 0; round < 3; round++) {
    const link = readlinkSync('/proc/thread-self/ns/net');
    enterNewNetworkNamespace();
    t.not(readlinkSync('/proc/thread-self/ns/net'), link);
    seen.push(networkNamespaceCookie());
  }
  t.is(new Set(seen).size, 4);
  t.is(cookieOfPython(), seen[3]!);
});

test.serial('enterNewNetworkNamespace starts with a loopback alone', (t) => {
  enterNewNetworkNamespace();
  const { stdout } = spawnSync('ip', ['-j', 'link'], { encoding: 'utf8' });
  t.deepEqual(
    (JSON.parse(stdout) as { ifname: string }[]).map(({ ifname }) => ifname),
    ['lo'],
  );
});

test.serial(
  'enterNetworkNamespace moves this thread and its children, and leaves no descriptor',
  async (t) => {
    enterNewNetworkNamespace();
    const cookie = networkNamespaceCookie();
    const other = spawn('unshare', ['--net', 'sh', '-c', 'echo ready; read _'], {
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    await once(other.stdout, 'data');
    const purpose = { action: 'enter', object: 'other' };
    const before = openFiles();
    enterNetworkNamespace(`/proc/${other.pid}/ns/net`, purpose);
    t.not(networkNamespaceCookie(), cookie);
    t.is(cookieOfPython(), networkNamespaceCookie());
    t.is(readlinkSync('/proc/thread-self/ns/net'), readlinkSync(`/proc/${other.pid}/ns/net`));
    t.deepEqual(openedSince(before), []);
    for (const [path, code] of [
      ['/nosuch', 'ENOENT'],
      ['/etc/hostname', 'EINVAL'],
      ['/proc/self/ns/mnt', 'EINVAL'],
    ] as const) {
      const error = t.throws(() => enterNetworkNamespace(path, purpose));
      t.true(isSystemError(error, code), path);
    }
    t.deepEqual(openedSince(before), []);
    other.stdin.end();
    await once(other, 'exit');
  },
);
