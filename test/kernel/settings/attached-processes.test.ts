import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import test from 'ava';
import { enterNewNetworkNamespace } from '../../../src/sys/network-namespace.js';
import { describeAttached, findAttached, readAttached } from '../../../src/tap/link/attached-processes.js';
import { TapDescriptor } from '../../../src/tap/link/tap-descriptor.js';
import { ip } from '../../netlink/iproute2.js';

enterNewNetworkNamespace();

/** Attaches a descriptor to each device in argv, switches the last one off, and waits until its input ends. */
const HOLDER = `
import fcntl, os, struct, sys
IFF_TAP, IFF_NO_PI, IFF_VNET_HDR, IFF_MULTI_QUEUE, IFF_DETACH_QUEUE = 2, 0x1000, 0x4000, 0x100, 0x400
unattached = os.open('/dev/net/tun', os.O_RDWR)
for name in sys.argv[1:]:
    fd = os.open('/dev/net/tun', os.O_RDWR)
    flags = IFF_TAP | IFF_NO_PI | IFF_VNET_HDR | IFF_MULTI_QUEUE
    fcntl.ioctl(fd, 0x400454ca, struct.pack('16sH22x', name.encode(), flags))
fcntl.ioctl(fd, 0x400454d9, struct.pack('16sH22x', b'', IFF_DETACH_QUEUE))
print('ready', flush=True)
sys.stdin.read()
`;

async function startHolder(devices: readonly string[], ...prefix: readonly string[]): Promise<ChildProcess> {
  const [program, ...rest] = [...prefix, 'python3', '-c', HOLDER, ...devices];
  const child = spawn(program!, rest, { stdio: ['pipe', 'pipe', 'inherit'] });
  await once(child.stdout!, 'data');
  return child;
}

async function end(...children: readonly ChildProcess[]): Promise<void> {
  for (const child of children) {
    child.stdin!.end();
    await once(child, 'exit');
  }
}

test.serial('readAttached finds which processes have how many descriptors of which device', async (t) => {
  ip('tuntap add dev io0 mode tap multi_queue vnet_hdr', 'tuntap add dev io1 mode tap multi_queue vnet_hdr');
  t.deepEqual(findAttached('io0'), []);
  const first = await startHolder(['io0', 'io0', 'io1', 'io0']);
  const second = await startHolder(['io0', 'io0']);
  const elsewhere = await startHolder(['io0', 'io0'], 'unshare', '--net');
  t.teardown(() => {
    for (const child of [first, second, elsewhere]) child.kill();
  });

  const command = 'python3';
  const byPid = [
    { pid: first.pid!, command, descriptors: 3 },
    { pid: second.pid!, command, descriptors: 2 },
  ].sort((left, right) => left.pid - right.pid);
  t.deepEqual(findAttached('io0'), byPid);
  t.deepEqual(findAttached('io1'), [{ pid: first.pid!, command, descriptors: 1 }]);
  t.deepEqual([...readAttached().keys()].sort(), ['io0', 'io1']);

  await end(first, second, elsewhere);
  t.deepEqual(findAttached('io0'), []);
});

test.serial('describeAttached calls a program that holds the device itself this process', (t) => {
  ip('tuntap add own0 mode tap multi_queue vnet_hdr');
  using _queue = TapDescriptor.attach('own0');
  t.is(describeAttached('own0'), 'this process');
});

/** Attaches a descriptor to argv[1] in mounts of its own, which end when it returns to those of process argv[2]. */
const LEAVING_HOLDER = `
import ctypes, fcntl, os, struct, sys, time
libc, CLONE_NEWNS = ctypes.CDLL(None), 0x20000
fd = os.open('/dev/net/tun', os.O_RDWR)
fcntl.ioctl(fd, 0x400454ca, struct.pack('16sH22x', sys.argv[1].encode(), 2 | 0x1000 | 0x4000 | 0x100))
if libc.setns(os.open(f'/proc/{sys.argv[2]}/ns/mnt', os.O_RDONLY), CLONE_NEWNS) != 0: sys.exit('setns')
while os.readlink(f'/proc/self/fd/{fd}') == '/dev/net/tun': time.sleep(0.01)
os.write(1, b'ready ' + os.readlink(f'/proc/self/fd/{fd}').encode())
sys.stdin.read()
`;

test.serial('readAttached finds a descriptor that was opened in mounts that are gone', async (t) => {
  ip('tuntap add dev io2 mode tap multi_queue vnet_hdr');
  const words = ['--mount', 'python3', '-c', LEAVING_HOLDER, 'io2', String(process.pid)];
  const child = spawn('unshare', words, { stdio: ['pipe', 'pipe', 'inherit'] });
  t.teardown(() => child.kill());
  const [line] = await once(child.stdout, 'data');
  // As that of a queue whose holder, a service of systemd, has ended.
  t.is(String(line), 'ready /net/tun');
  t.deepEqual(findAttached('io2'), [{ pid: child.pid!, command: 'python3', descriptors: 1 }]);
  await end(child);
});
