import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { isDeepStrictEqual } from 'node:util';
import test from 'ava';
import { NetlinkError } from '../../../src/errors.js';
import { RouteConnection } from '../../../src/netlink/connection.js';
import { buildLinkMessage, RTM_GETLINK } from '../../../src/netlink/ifinfomsg.js';
import { decodeLink, type Link } from '../../../src/netlink/link.js';
import { type LinkChange, Links } from '../../../src/netlink/links.js';
import { enterNewNetworkNamespace } from '../../../src/sys/network-namespace.js';
import { COMPILER_FLAG } from '../../compiler-flag.js';
import { ip } from '../../netlink/iproute2.js';
import { openedSince, openFiles } from '../../open-files.js';

enterNewNetworkNamespace();

const LIST = { action: 'list', object: 'links', syscall: 'RTM_GETLINK' };

/** A link as `ip -j` prints it. */
interface IpLink {
  readonly [key: string]: unknown;
  readonly ifname: string;
  readonly flags: readonly string[];
  readonly linkinfo?: { readonly info_kind?: string; readonly info_data?: Readonly<Record<string, unknown>> };
}

function ipLinks(): IpLink[] {
  const { stdout } = spawnSync('ip', ['-j', '-d', '-s', 'link', 'show'], {
    encoding: 'utf8',
    maxBuffer: 2 ** 28,
  });
  return JSON.parse(stdout) as IpLink[];
}

/** Our link in the form of ip. */
function inWordsOfIp(link: Link): Record<string, unknown> {
  return {
    ifindex: link.index,
    ifname: link.name,
    flags: link.flagNames,
    mtu: link.mtu,
    min_mtu: link.minMtu,
    max_mtu: link.maxMtu,
    txqlen: link.txqueuelen,
    operstate: link.operstate,
    promiscuity: link.promiscuity,
    address: link.address,
    broadcast: link.broadcast,
    kind: link.kind,
    stats64: link.stats64,
  };
}

function asWeRead(link: IpLink): Record<string, unknown> {
  return {
    ifindex: link.ifindex,
    ifname: link.ifname,
    // ip looks for this value in the peer.
    flags: link.flags.filter((flag) => flag !== 'M-DOWN'),
    mtu: link.mtu,
    min_mtu: link.min_mtu,
    max_mtu: link.max_mtu,
    txqlen: link.txqlen ?? 0,
    operstate: link.operstate,
    promiscuity: link.promiscuity,
    address: link.address ?? '',
    broadcast: link.broadcast ?? '',
    kind: link.linkinfo?.info_kind,
    stats64: link.stats64,
  };
}

function asWeReadTun(link: IpLink): Record<string, unknown> {
  const { info_data: data = {} } = link.linkinfo ?? {};
  return {
    type: data.type,
    packetInformation: data.pi,
    vnetHeader: data.vnet_hdr,
    persist: data.persist,
    multiQueue: data.multi_queue,
    queues: data.numqueues ?? 0,
    disabledQueues: data.numdisabled ?? 0,
  };
}

/** A TAP for one test, and its reader. */
function withTap(name: string, run: (links: Links, index: number) => void): void {
  ip(`tuntap add dev ${name} mode tap multi_queue vnet_hdr`);
  try {
    using links = Links.open();
    run(links, links.byName(name)!.index);
  } finally {
    spawnSync('ip', ['link', 'del', name]);
  }
}

/** Both readings, taken while none of the compared values changed: a bridge sends frames of its own, and its timers run. */
function readTogether(links: Links) {
  for (let attempts = 0; attempts < 50; attempts++) {
    const before = ipLinks();
    const ours = links.list();
    const theirs = ipLinks();
    if (isDeepStrictEqual(before.map(asWeRead), theirs.map(asWeRead))) return { ours, theirs };
  }
  throw new Error('the counters of some link never stand still');
}

test.serial('Links.list returns what ip prints, for links of many kinds', (t) => {
  ip(
    'link add v0 type veth peer name v1',
    'link add br0 type bridge',
    'link set v0 master br0',
    'link set v0 up',
    'link set br0 up promisc on allmulticast on',
    'link set lo up',
    'tuntap add dev io0 mode tap multi_queue vnet_hdr user 1000 group 100',
    'tuntap add dev io1 mode tap pi',
    'tuntap add dev tun0 mode tun',
    'link set tun0 up',
    'link set io0 up mtu 9000 txqueuelen 5',
  );
  spawnSync('ping', ['-c', '2', '-i', '0.2', '127.0.0.1']);
  using links = Links.open();
  const { ours, theirs } = readTogether(links);
  t.deepEqual(ours.map(inWordsOfIp), theirs.map(asWeRead));
  t.true(ours[0]!.stats64.rx.packets > 0);
  for (const their of theirs.filter((link) => link.linkinfo?.info_kind === 'tun')) {
    t.like(links.byName(their.ifname)?.tun, asWeReadTun(their));
  }
  t.like(links.byName('io0')?.tun, { owner: 1000, group: 100 });
  t.is(links.byName('v0')?.master, links.byName('br0')?.index);
  t.is(links.byName('tun0')?.address, '');
  ip('link del v0', 'link del br0', 'link del io0', 'link del io1', 'link del tun0');
});

test.serial('Links.byName and byIndex find one link, or undefined', (t) => {
  withTap('io0', (links, index) => {
    t.is(links.byIndex(index)?.name, 'io0');
    ip('link property add dev io0 altname other');
    t.is(links.byName('other')?.index, index);
    for (const name of ['nope', '', 'a-name-of-16-byte', 'ü'.repeat(8), 'io']) {
      t.is(links.byName(name), undefined, name);
    }
    for (const absent of [0, -1, index + 1000, 2 ** 31 - 1]) t.is(links.byIndex(absent), undefined);
  });
});

test.serial('Links.change changes everything with one message', (t) => {
  withTap('io0', (links, index) => {
    links.change(index, {
      up: true,
      mtu: 1400,
      address: Uint8Array.of(2, 0, 0, 0, 0, 1),
      txqueuelen: 77,
      promiscuous: true,
      allMulticast: true,
    });
    const expected = {
      mtu: 1400,
      address: '02:00:00:00:00:01',
      txqueuelen: 77,
      promiscuity: 1,
      flagNames: ['NO-CARRIER', 'BROADCAST', 'MULTICAST', 'ALLMULTI', 'PROMISC', 'UP'],
    };
    t.like(links.byIndex(index), expected);
  });
});

test.serial('Links changes one property and leaves the others', (t) => {
  const rows: readonly (readonly [change: LinkChange, undo: LinkChange, changed: Partial<Link>])[] = [
    [{ up: true }, { up: false }, { flags: 0x1003 }],
    [{ promiscuous: true }, { promiscuous: false }, { flags: 0x1102 }],
    [{ allMulticast: true }, { allMulticast: false }, { flags: 0x1202 }],
    [{ mtu: 68 }, { mtu: 1500 }, { mtu: 68 }],
    [{ txqueuelen: 0 }, { txqueuelen: 1000 }, { txqueuelen: 0 }],
  ];
  withTap('io0', (links, index) => {
    const { promiscuity, stats64, flagNames, operstate, ...before } = links.byIndex(index)!;
    for (const [change, undo, changed] of rows) {
      links.change(index, change);
      t.like(links.byIndex(index), { ...before, ...changed });
      links.change(index, undo);
      t.like(links.byIndex(index), before);
    }
    t.deepEqual([promiscuity, operstate], [0, 'DOWN']);
    links.change(index, { address: Uint8Array.of(2, 0, 0, 0, 0, 9) });
    t.is(links.byIndex(index)?.address, '02:00:00:00:00:09');
  });
});

test.serial('Links.change sends nothing when there is nothing to change', (t) => {
  using links = Links.open();
  t.notThrows(() => links.change(999_999, {}));
});

test.serial('Links throws an error with the link, the change and the reason that the kernel gave', (t) => {
  const refusal = (change: () => void) => {
    const error = t.throws(change, { instanceOf: NetlinkError });
    return error?.message;
  };
  withTap('io0', (links, index) => {
    t.is(
      refusal(() => links.change(index, { mtu: 70_000 })),
      'cannot change "io0": RTM_SETLINK failed with EINVAL (mtu greater than device maximum)',
    );
    t.is(
      refusal(() => links.change(index, { mtu: 67 })),
      'cannot change "io0": RTM_SETLINK failed with EINVAL (mtu less than device minimum)',
    );
    t.is(
      refusal(() => links.change(index, { address: Uint8Array.of(1, 0, 0, 0, 0, 1) })),
      'cannot change "io0": RTM_SETLINK failed with EADDRNOTAVAIL',
    );
    t.is(
      refusal(() => links.change(index, { address: Uint8Array.of(2) })),
      'cannot change "io0": RTM_SETLINK failed with EINVAL',
    );
    links.delete(index);
    t.is(links.byIndex(index), undefined);
    t.is(
      refusal(() => links.change(index, { up: true })),
      'cannot change "io0": RTM_SETLINK failed with ENODEV',
    );
  });
  using links = Links.open();
  t.is(
    refusal(() => links.change(999_999, { up: true })),
    'cannot change "link 999999": RTM_SETLINK failed with ENODEV',
  );
  // By index alone: Links looks the name up.
  t.is(
    refusal(() => links.delete(1)),
    'cannot delete "lo": RTM_DELLINK failed with EOPNOTSUPP',
  );
});

test.serial('Links throws EPERM when the user may not change links', (t) => {
  // Only a process without the capability, in this namespace, shows it.
  const script = `
    import { Links } from './src/netlink/links.ts';
    const links = Links.open();
    try { links.change(1, { up: true }) } catch (error) { console.log(error.message) }
    console.log(links.list().length > 0);`;
  const arguments_ = [
    '--clear-groups',
    '--reuid=65534',
    '--regid=65534',
    '--bounding-set=-all',
    '--inh-caps=-all',
  ];
  const run = spawnSync(
    'setpriv',
    [...arguments_, process.execPath, COMPILER_FLAG, '--input-type=module', '-e', script],
    {
      encoding: 'utf8',
      env: { ...process.env, HOME: '/tmp', TSX_DISABLE_CACHE: '1' },
    },
  );
  t.is(run.stdout, 'cannot change "lo": RTM_SETLINK failed with EPERM\ntrue\n', run.stderr);
});

test.serial('Links.list reads hundreds of links, which take many datagrams', (t) => {
  const names = Array.from({ length: 400 }, (_, number) => `tap${number}`);
  ip(
    ...names.flatMap((name) => [
      `tuntap add dev ${name} mode tap multi_queue vnet_hdr`,
      `link set ${name} group 7`,
    ]),
    'link add br0 type bridge',
  );
  using links = Links.open();
  const taps = links.listKind('tun');
  t.deepEqual(taps.map((link) => link.name).sort(), names.toSorted());
  t.is(links.list().length, names.length + 2);
  t.deepEqual(
    links.listKind('bridge').map((link) => link.name),
    ['br0'],
  );
  t.deepEqual(links.listKind('no-such-kind'), []);

  // While there are many links: a change interrupts a list.
  using connection = RouteConnection.open();
  let seen = 0;
  const indexes = connection.dump(buildLinkMessage(RTM_GETLINK), LIST, (message) => {
    if (seen++ === 10) ip('link del tap399');
    return decodeLink(message).name;
  });
  t.true(seen > names.length + 100, `the kernel called ${seen} answers consistent`);
  t.is(indexes.length, names.length + 1);
  t.false(indexes.includes('tap399'));

  // Now for ever.
  let round = 0;
  const error = t.throws(
    () =>
      connection.dump(buildLinkMessage(RTM_GETLINK), LIST, (message) => {
        if (decodeLink(message).name === 'tap0') ip(`link del tap${++round}`);
      }),
    { instanceOf: NetlinkError },
  );
  t.is(error?.message, 'cannot list "links": RTM_GETLINK failed with EINTR');
  t.is(links.list().length, names.length + 1 - round);
  // All at once: one by one takes seconds.
  ip('link del group 7', 'link del br0');
});

test.serial('Links.outlineKind returns what listKind returns', (t) => {
  withTap('io0', (links) => {
    ip('tuntap add dev io1 mode tap', 'tuntap add dev tun0 mode tun', 'link set io1 up');
    const outlines = links.outlineKind('tun');
    t.is(outlines.length, 3);
    for (const [at, outline] of outlines.entries()) {
      const { name, index, flags, flagNames, mtu, operstate, address, carrier, kind, tun } = outline;
      const wanted = { name, index, flags, flagNames, mtu, operstate, address, carrier, kind, tun };
      t.like(links.listKind('tun')[at], wanted);
    }
    t.deepEqual(links.outlineKind('no-such-kind'), []);
    ip('link del io1', 'link del tun0');
  });
});

test.serial('Links reads a link whose message is larger than the buffer', (t) => {
  withTap('io0', (links, index) => {
    const names = Array.from({ length: 300 }, (_, number) => `${number}-`.padEnd(120, 'x'));
    ip(...names.map((name) => `link property add dev io0 altname ${name}`));
    t.is(links.byName('io0')?.index, index);
    withTap('io1', () => {
      t.is(links.listKind('tun').length, 2);
      t.is(links.list().length, 3);
    });
  });
});

test.serial('Links counts the queues that another process has attached', async (t) => {
  ip('tuntap add dev io0 mode tap multi_queue vnet_hdr', 'tuntap add dev io1 mode tap vnet_hdr');
  const script = `
import fcntl, os, struct, sys
IFF_TAP, IFF_NO_PI, IFF_VNET_HDR, IFF_MULTI_QUEUE, IFF_DETACH_QUEUE = 2, 0x1000, 0x4000, 0x100, 0x400
def attach(name, flags):
    fd = os.open('/dev/net/tun', os.O_RDWR)
    fcntl.ioctl(fd, 0x400454ca, struct.pack('16sH22x', name, IFF_TAP | IFF_NO_PI | IFF_VNET_HDR | flags))
    return fd
queues = [attach(b'io0', IFF_MULTI_QUEUE) for _ in range(5)]
for fd in queues[:2]:
    fcntl.ioctl(fd, 0x400454d9, struct.pack('16sH22x', b'', IFF_DETACH_QUEUE))
single = attach(b'io1', 0)
print('ready', flush=True)
sys.stdin.read()
`;
  using links = Links.open();
  const child = spawn('python3', ['-c', script], { stdio: ['pipe', 'pipe', 'inherit'] });
  await once(child.stdout, 'data');
  t.like(links.byName('io0')?.tun, { queues: 3, disabledQueues: 2 });
  t.like(links.byName('io1')?.tun, { queues: 1, disabledQueues: 0, multiQueue: false });
  child.stdin.end();
  await once(child, 'exit');
  t.like(links.byName('io0')?.tun, { queues: 0, disabledQueues: 0 });
  t.like(links.byName('io1')?.tun, { queues: 0 });
  ip('link del io0', 'link del io1');
});

test.serial('Links closes its descriptor, and a second disposal does nothing', (t) => {
  const before = openFiles();
  for (let round = 0; round < 100; round++) {
    const links = Links.open();
    links.list();
    links[Symbol.dispose]();
    links[Symbol.dispose]();
  }
  t.deepEqual(openedSince(before), []);
});
