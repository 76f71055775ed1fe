import { existsSync, mkdirSync, realpathSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { ExecutionContext } from 'ava';
import { serialIfAble } from '../able.js';
import { RTAP } from '../command.js';
import { withDeadline } from '../deadline.js';
import { Guest, machineOf, missingForGuest } from '../hold/guest.js';
import type { RunningProcess } from '../running-process.js';
import { enterWorkspace } from '../workspace.js';
import { PluginFolder, untilEmpty } from './plugin.js';
import { missingForPodman, PodmanHost } from './podman-host.js';

const workspace = enterWorkspace();
const folder = new PluginFolder(workspace);
const missing = missingForPodman();
const able = serialIfAble(missing);

const ROOT = fileURLToPath(new URL('../../..', import.meta.url));
const HOST_ADDRESS = '192.0.2.1';
/** The first address of a container. The guest of QEMU has 192.0.2.2. */
const POD_ADDRESS = '192.0.2.10';
const TIMEOUT_MS = 1_200_000;
/** The user in the container that borrows queues. */
const USER = 107;
const ROUNDS = 50;
const AT_ONCE = 10;

/** A network of rtap, with a plugin of other people behind it. */
const PLUGINS = [
  {
    type: 'rtap',
    queues: 4,
    hold: true,
    owner: USER,
    ipam: { ...folder.hostLocal(), rangeStart: POD_ADDRESS },
  },
  { type: 'tuning', sysctl: { 'net.ipv4.conf.eth0.arp_notify': '1' } },
];

let made: Promise<PodmanHost> | undefined;

/** One machine for all tests. It ends with the process. */
function machine(): Promise<PodmanHost> {
  made ??= PodmanHost.make(workspace, folder, PLUGINS);
  return made;
}

/** The host side of a container's cable: a TAP of the host, and `rtap fwd` between both. */
async function plug(host: PodmanHost, device: string, netns: string): Promise<RunningProcess> {
  const forwarding = host.start(RTAP, 'fwd', device, 'eth0', '--peer-netns', netns);
  await forwarding.waitFor(/queues/, 'stderr');
  return forwarding;
}

/** Makes a TAP of the host for each container, all of them ports of a bridge that has the gateway's address. */
async function makeBridge(host: PodmanHost, ports: readonly string[]): Promise<void> {
  await host.run('ip', 'link', 'add', 'br0', 'type', 'bridge', 'mcast_snooping', '0');
  await host.run('ip', 'address', 'add', `${HOST_ADDRESS}/24`, 'dev', 'br0');
  await host.run('ip', 'link', 'set', 'br0', 'up');
  for (const port of ports) {
    await host.run(RTAP, 'create', port, '--persist', '--up');
    await host.run('ip', 'link', 'set', port, 'master', 'br0');
  }
}

/** What containers have left beside files of rtap: addresses, and names of namespaces. */
async function leftovers(host: PodmanHost): Promise<string[]> {
  const names = await host.run('ls', '/run/netns');
  return [...folder.reservations(), ...names.split('\n').filter(Boolean)];
}

able(
  'a container of Podman has a TAP of four queues, pings the host through rtap fwd, and leaves nothing',
  async (t) => {
    t.timeout(TIMEOUT_MS);
    t.is(missing, undefined);
    const host = await machine();
    await host.run(RTAP, 'create', 'host0', '--persist', '--up', '--address', `${HOST_ADDRESS}/24`);
    const before = await host.runtimeFiles();
    await host.startContainer('one', ...mountsForRtap());
    const netns = await host.netnsOf('one');
    await checkDevice(t, host, netns);
    t.is(await host.podman('exec', 'one', 'cat', '/proc/sys/net/ipv4/conf/eth0/arp_notify'), '1\n');
    const inode = (await host.run('readlink', netns)).trim();
    await checkLending(t, host);
    const forwarding = await plug(host, 'host0', netns);
    const pinged = await host.podman('exec', 'one', 'ping', '-c', '3', HOST_ADDRESS);
    t.regex(pinged, /3 packets transmitted, 3 (?:packets )?received, 0% packet loss/);
    await host.podman('rm', '-f', '-t', '0', 'one');
    // The cable ends with the device.
    t.is((await forwarding.ended()).code, 2);
    await untilEmpty(inode);
    t.deepEqual(await leftovers(host), []);
    t.deepEqual(await host.runtimeFiles(), before);
    await host.run(RTAP, 'delete', 'host0');
  },
);

async function checkDevice(t: ExecutionContext, host: PodmanHost, netns: string): Promise<void> {
  const inside = async (...words: readonly string[]) =>
    JSON.parse(await host.run('nsenter', `--net=${netns}`, 'ip', '-j', '-d', ...words)) as object[];
  const [link] = await inside('link', 'show', 'eth0');
  t.like(link, {
    operstate: 'UP',
    linkinfo: { info_data: { type: 'tap', multi_queue: true, numqueues: 4 } },
  });
  const [address] = await inside('-4', 'address', 'show', 'eth0');
  t.like(address, { addr_info: [{ local: POD_ADDRESS, prefixlen: 24 }] });
  t.like((await inside('route', 'show', 'default'))[0], { gateway: HOST_ADDRESS, dev: 'eth0' });
}

/** What a container of busybox needs to run rtap: Node with its libraries, rtap, and the runtime directory with the holder's socket. */
function mountsForRtap(...more: readonly string[]): string[] {
  const folders = [
    ...more,
    '/usr',
    '/lib',
    '/lib64',
    ROOT,
    realpathSync(`${ROOT}/node_modules`),
    dirname(process.execPath),
  ];
  const distinct = [...new Set(folders.filter(existsSync).map((path) => path.replace(/\/$/, '')))];
  const inside = distinct.filter(
    (path) => !distinct.some((other) => path !== other && path.startsWith(`${other}/`)),
  );
  return [...inside.map((path) => `${path}:${path}:ro`), '/run/rtap:/run/rtap:ro'].flatMap((mount) => [
    '-v',
    mount,
  ]);
}

/** A user without any capability and without /dev/net/tun borrows the queues. */
async function checkLending(t: ExecutionContext, host: PodmanHost): Promise<void> {
  const script =
    'ls /dev/net/tun 2>&1 | grep -c "No such"; ls -l /proc/self/fd | grep -c net/tun; echo $RTAP_QUEUES';
  const lend = [process.execPath, RTAP, 'lend', 'eth0', '--', '/bin/sh', '-c', script];
  const capabilities = await host.podman(
    'exec',
    '--user',
    String(USER),
    'one',
    'grep',
    'CapEff',
    '/proc/self/status',
  );
  t.regex(capabilities, /\t0+\n$/);
  t.is(await host.podman('exec', '--user', String(USER), 'one', ...lend), '1\n4\n4\n');
}

const guestMissing = missing ?? missingForGuest();

serialIfAble(guestMissing)(
  'a guest of QEMU in a container without any capability works on queues that rtap lend borrows there',
  async (t) => {
    t.timeout(TIMEOUT_MS);
    t.is(guestMissing, undefined);
    const host = await machine();
    const before = await host.runtimeFiles();
    const directory = join(workspace.directory, 'guest');
    mkdirSync(directory);
    const options = ['--user', String(USER), '--cap-drop', 'all', ...mountsForRtap(workspace.directory)];
    const lend = [process.execPath, RTAP, 'lend', 'eth0', '-q', '0-1', '--', ...machineOf(directory)];
    const guest = Guest.of(host.startAttached('machine', options, lend));
    t.is(await guest.up(), 2);
    const netns = await host.netnsOf('machine');
    const inode = (await host.run('readlink', netns)).trim();
    const shown = await host.run('nsenter', `--net=${netns}`, 'ip', '-j', '-4', 'address', 'show', 'eth0');
    const address = (JSON.parse(shown) as { addr_info: { local: string }[] }[])[0]!.addr_info[0]!.local;
    t.regex(await guest.run(`ping -c 3 -W 10 ${address}`), /3 packets received/);
    const leases = await host.run(RTAP, 'show', 'eth0', '--netns', netns, '--json');
    t.like(JSON.parse(leases), { leases: [{ command: 'qemu-system-x86_64', queues: [0, 1] }] });
    guest.process.write('poweroff -f\n');
    await withDeadline(guest.process.ended(), 'the end of the guest');
    await untilEmpty(inode);
    t.deepEqual(await leftovers(host), []);
    t.deepEqual(await host.runtimeFiles(), before);
  },
);

able(`${ROUNDS} containers one after another leave nothing`, async (t) => {
  t.timeout(TIMEOUT_MS);
  const host = await machine();
  const before = await host.runtimeFiles();
  const addresses = new Set<string>();
  for (let round = 0; round < ROUNDS; round++) {
    const shown = await host.runOnce('sh', '-c', 'ip address show eth0; ip route');
    addresses.add(/inet (192\.0\.2\.\d+)\/24/.exec(shown)![1]!);
    t.regex(shown, /<[^>]*UP,LOWER_UP[^>]*>[\s\S]*default via 192\.0\.2\.1 dev eth0/);
  }
  t.true(addresses.size > 1);
  t.deepEqual(await leftovers(host), []);
  t.deepEqual(await host.runtimeFiles(), before);
});

able(`${AT_ONCE} containers at once ping the host over a bridge, and leave nothing`, async (t) => {
  t.timeout(TIMEOUT_MS);
  const host = await machine();
  const names = Array.from({ length: AT_ONCE }, (_, index) => `c${index}`);
  const ports = names.map((name) => `host-${name}`);
  await makeBridge(host, ports);
  const before = await host.runtimeFiles();
  await Promise.all(names.map((name) => host.startContainer(name)));
  const inodes: string[] = [];
  for (const [index, name] of names.entries()) {
    const netns = await host.netnsOf(name);
    inodes.push((await host.run('readlink', netns)).trim());
    await plug(host, ports[index]!, netns);
  }
  for (const name of names)
    t.regex(
      await host.podman('exec', name, 'ping', '-c', '2', '-W', '10', HOST_ADDRESS),
      /2 packets received/,
    );
  // And each other.
  const [address = ''] =
    /inet [\d.]+/.exec(await host.podman('exec', 'c9', 'ip', 'address', 'show', 'eth0')) ?? [];
  const peer = address.replace('inet ', '');
  t.regex(await host.podman('exec', 'c0', 'ping', '-c', '2', '-W', '10', peer), /2 packets received/);
  await Promise.all(names.map((name) => host.podman('rm', '-f', '-t', '0', name)));
  for (const inode of inodes) await untilEmpty(inode);
  t.deepEqual(await leftovers(host), []);
  t.deepEqual(await host.runtimeFiles(), before);
});
