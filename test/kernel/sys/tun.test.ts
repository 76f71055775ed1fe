import test from 'ava';
import type { TunInfo } from '../../../src/netlink/tun-info.js';
import { readFeatures } from '../../../src/sys/ethtool.js';
import { enterNewNetworkNamespace } from '../../../src/sys/network-namespace.js';
import {
  getTunInterface,
  getVnetHeaderBytes,
  IFF_MULTI_QUEUE,
  IFF_NO_PI,
  IFF_TAP,
  IFF_TUN_EXCL,
  IFF_VNET_HDR,
  openTun,
  setTunGroup,
  setTunInterface,
  setTunOffload,
  setTunOwner,
  setTunPersistent,
  setTunQueueAttached,
  setVnetHeaderBytes,
  TUN_F_CSUM,
  TUN_F_TSO4,
  TUN_F_TSO6,
  TUN_F_USO4,
} from '../../../src/sys/tun.js';
import { ip } from '../../netlink/iproute2.js';
import { openedSince, openFiles } from '../../open-files.js';
import { attachTap, readLink } from '../ring-tap.js';

enterNewNetworkNamespace();

const PURPOSE = { action: 'test', object: 'tun' };
const FLAGS = IFF_TAP | IFF_NO_PI | IFF_MULTI_QUEUE | IFF_VNET_HDR;

function readTun(name: string): TunInfo {
  return readLink(name).tun!;
}

test.serial('setTunInterface gives the name that the kernel chose when it is asked for %d', (t) => {
  using first = openTun(PURPOSE);
  using second = openTun(PURPOSE);
  t.is(setTunInterface(first.fd, 'pick%d', FLAGS, PURPOSE), 'pick0');
  t.is(setTunInterface(second.fd, 'pick%d', FLAGS, PURPOSE), 'pick1');
});

test.serial('getTunInterface returns what the descriptor is attached to', (t) => {
  using tun = openTun(PURPOSE);
  t.throws(() => getTunInterface(tun.fd, PURPOSE), { code: 'EBADFD' });
  setTunInterface(tun.fd, 'who0', FLAGS, PURPOSE);
  t.deepEqual(getTunInterface(tun.fd, PURPOSE), { name: 'who0', flags: FLAGS });
  ip('link set who0 name who1');
  t.is(getTunInterface(tun.fd, PURPOSE).name, 'who1');
  ip('link delete who1');
  t.throws(() => getTunInterface(tun.fd, PURPOSE), {
    message: 'cannot test "tun": ioctl(TUNGETIFF) failed with EBADFD',
  });
});

test.serial('setTunInterface throws EBUSY when the device must not exist and does', (t) => {
  using _first = attachTap('busy0');
  using second = openTun(PURPOSE);
  t.throws(() => setTunInterface(second.fd, 'busy0', FLAGS | IFF_TUN_EXCL, PURPOSE), { code: 'EBUSY' });
});

test.serial('setVnetHeaderBytes changes the header of the device, and the device keeps it', (t) => {
  ip('tuntap add dev size0 mode tap multi_queue vnet_hdr');
  {
    using tun = openTun(PURPOSE);
    setTunInterface(tun.fd, 'size0', FLAGS, PURPOSE);
    t.is(getVnetHeaderBytes(tun.fd, PURPOSE), 10);
    setVnetHeaderBytes(tun.fd, 12, PURPOSE);
    t.throws(() => setVnetHeaderBytes(tun.fd, 3, PURPOSE), { code: 'EINVAL' });
  }
  using again = openTun(PURPOSE);
  setTunInterface(again.fd, 'size0', FLAGS, PURPOSE);
  t.is(getVnetHeaderBytes(again.fd, PURPOSE), 12);
});

test.serial('setTunPersistent decides whether the device stays when its last descriptor is closed', (t) => {
  {
    using tun = attachTap('stay0');
    setTunPersistent(tun.fd, true, PURPOSE);
    t.true(readTun('stay0').persist);
  }
  {
    using tun = attachTap('stay0');
    setTunPersistent(tun.fd, false, PURPOSE);
    t.false(readTun('stay0').persist);
  }
  t.throws(() => readLink('stay0'), { message: 'no link stay0' });
});

test.serial('setTunOwner and setTunGroup are what rtnetlink reads', (t) => {
  using tun = attachTap('mine0');
  setTunOwner(tun.fd, 1000, PURPOSE);
  setTunGroup(tun.fd, 65_534, PURPOSE);
  t.like(readTun('mine0'), { owner: 1000, group: 65_534 });
});

test.serial('setTunOffload switches the features that ethtool shows', (t) => {
  using tun = openTun(PURPOSE);
  setTunInterface(tun.fd, 'off0', FLAGS, PURPOSE);
  const shown = () => {
    const features = readFeatures('off0');
    return ['tx-checksum-ip-generic', 'tx-tcp-segmentation', 'tx-tcp6-segmentation'].map((name) =>
      features.get(name),
    );
  };
  setTunOffload(tun.fd, TUN_F_CSUM | TUN_F_TSO4, PURPOSE);
  t.deepEqual(shown(), [true, true, false]);
  setTunOffload(tun.fd, TUN_F_CSUM | TUN_F_TSO6, PURPOSE);
  t.deepEqual(shown(), [true, false, true]);
  setTunOffload(tun.fd, 0, PURPOSE);
  t.deepEqual(shown(), [false, false, false]);
});

test.serial('setTunOffload throws EINVAL when a segmentation comes without what it needs', (t) => {
  using tun = openTun(PURPOSE);
  setTunInterface(tun.fd, 'off1', FLAGS, PURPOSE);
  t.throws(() => setTunOffload(tun.fd, TUN_F_TSO4, PURPOSE), {
    message: 'cannot test "tun": ioctl(TUNSETOFFLOAD) failed with EINVAL',
  });
  t.throws(() => setTunOffload(tun.fd, TUN_F_CSUM | TUN_F_USO4, PURPOSE), { code: 'EINVAL' });
});

test.serial('setTunQueueAttached moves a queue between attached and switched off', (t) => {
  using first = attachTap('move0');
  using _second = attachTap('move0');
  t.like(readTun('move0'), { queues: 2, disabledQueues: 0 });
  setTunQueueAttached(first.fd, false, PURPOSE);
  t.like(readTun('move0'), { queues: 1, disabledQueues: 1 });
  t.throws(() => setTunQueueAttached(first.fd, false, PURPOSE), { code: 'EINVAL' });
  setTunQueueAttached(first.fd, true, PURPOSE);
  t.like(readTun('move0'), { queues: 2, disabledQueues: 0 });
});

test.serial('openTun leaves no descriptor when attaching fails', (t) => {
  using _holder = attachTap('leak0');
  const before = openFiles();
  for (let round = 0; round < 20; round++) {
    t.throws(() => {
      using tun = openTun(PURPOSE);
      setTunInterface(tun.fd, 'leak0', IFF_TAP | IFF_NO_PI, PURPOSE);
    });
  }
  t.deepEqual(openedSince(before), []);
});
