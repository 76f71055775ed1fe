import test from 'ava';
import { deviceJson, deviceViewJson } from '../../../src/cli/device/device-json.js';
import type { LinkAddress } from '../../../src/netlink/address.js';
import type { FoundHolder } from '../../../src/tap/lease/holder-lookup.js';
import { makeLink } from '../literal-link.js';

const HOLDER: FoundHolder = {
  process: { pid: 42, command: 'rtap' },
  greeting: undefined,
  stopped: false,
};

const ADDRESS: LinkAddress = {
  index: 7,
  family: 'inet',
  bytes: Uint8Array.of(192, 0, 2, 1),
  peer: Uint8Array.of(192, 0, 2, 2),
  prefixLength: 32,
  scope: 'link',
  flagNames: ['dynamic'],
  label: 'io0:1',
  validSeconds: 60,
  preferredSeconds: 30,
};

const LISTED = {
  ifname: 'io0',
  ifindex: 7,
  flags: ['BROADCAST', 'MULTICAST', 'UP', 'LOWER_UP'],
  mtu: 1500,
  operstate: 'UP',
  master: 'br0',
  address: '02:00:00:00:00:01',
  ifalias: 'uplink',
  altnames: ['uplink-of-blue'],
  queues: 4,
  numqueues: 4,
  persist: true,
  age: 61,
  holder: { pid: 42, command: 'rtap' },
};

const NAMES = { alias: 'uplink', altNames: ['uplink-of-blue'] };

test('deviceJson names properties as ip does', (t) => {
  const outline = { link: makeLink(NAMES), queueCount: 4, holder: HOLDER, master: 'br0', ageSeconds: 61.9 };
  t.deepEqual(deviceJson(outline), LISTED);
});

test('deviceJson gives null for what is unknown of a device that rtap did not make, and for what it has not', (t) => {
  const json = deviceJson({
    link: makeLink({}, { queues: 0, persist: false }),
    queueCount: undefined,
    holder: undefined,
    master: undefined,
    ageSeconds: undefined,
  });
  t.deepEqual(json, {
    ...LISTED,
    ...{ queues: null, numqueues: 0, persist: false, age: null, holder: null },
    ...{ master: null, ifalias: null, altnames: [] },
  });
});

test('deviceViewJson adds the details of one device', (t) => {
  const view = {
    link: makeLink({ ...NAMES, flagNames: ['PROMISC', 'UP'] }, { owner: 1000, disabledQueues: 2 }),
    queueCount: 4,
    holder: HOLDER,
    attached: [{ pid: 43, command: 'qemu', descriptors: 1 }],
    leases: [{ pid: 45, command: 'rx-dump', queues: [1, 2] }],
    offloads: ['csum', 'tso4'] as const,
    unreadQueues: [0, 3],
    disabledQueues: [2],
    kernelIndexes: [0, 2, undefined, 1],
    napi: true,
    master: 'br0',
    ageSeconds: 61,
    addresses: [ADDRESS],
    steering: { by: 'dst-port', map: '53=1' } as const,
    filter: { addresses: ['02:00:00:00:00:01'] },
  };
  t.deepEqual(deviceViewJson(view), {
    ...LISTED,
    flags: ['PROMISC', 'UP'],
    txqlen: 1000,
    carrier: true,
    promisc: true,
    allmulti: false,
    multi_queue: true,
    vnet_hdr: true,
    napi: true,
    pi: false,
    user: 1000,
    group: null,
    numdisabled: 2,
    offloads: ['csum', 'tso4'],
    steer: { by: 'dst-port', map: '53=1', else: 'flow' },
    filter: { mac: ['02:00:00:00:00:01'], allmulti: false },
    attached: [{ pid: 43, command: 'qemu' }],
    unread: [0, 3],
    leases: [{ pid: 45, command: 'rx-dump', queues: [1, 2] }],
    addr_info: [
      {
        family: 'inet',
        local: '192.0.2.1',
        address: '192.0.2.2',
        prefixlen: 32,
        scope: 'link',
        dynamic: true,
        label: 'io0:1',
        valid_life_time: 60,
        preferred_life_time: 30,
      },
    ],
    disabled: [2],
    kernel_queues: [0, 2, null, 1],
  });
  const unknown = deviceViewJson({
    ...view,
    leases: undefined,
    unreadQueues: undefined,
    disabledQueues: undefined,
    kernelIndexes: undefined,
  });
  const { leases, unread, disabled, kernel_queues } = unknown;
  t.deepEqual([leases, unread, disabled, kernel_queues], [null, null, null, null], 'unknown, not none');
  t.is(deviceViewJson({ ...view, napi: undefined }).napi, null, 'unknown, not off');
  const off = deviceViewJson({ ...view, steering: 'off', filter: undefined });
  t.deepEqual([off.steer, off.filter], [null, null]);
  t.is(deviceViewJson({ ...view, steering: 'unknown' }).steer, 'unknown');
});
