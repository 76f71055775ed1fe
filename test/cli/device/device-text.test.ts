import test from 'ava';
import { Chalk } from 'chalk';
import { describeDevice, describeDevices } from '../../../src/cli/device/device-text.js';
import type { DeviceView } from '../../../src/tap/device/device-view.js';
import type { FoundHolder } from '../../../src/tap/lease/holder-lookup.js';
import type { Greeting } from '../../../src/tap/lease/holder-reply.js';
import { makeLink } from '../literal-link.js';

const PLAIN = new Chalk({ level: 0 });
/** A gid without an account. */
const UNKNOWN_GROUP = 3_999_999_999;

const GREETING: Greeting = {
  type: 'greeting',
  holder: { pid: 42, command: 'rtap' },
  device: 'io0',
  ifindex: 7,
  netns: '1',
  queues: 4,
  leases: [],
  admitted: true,
};
const HOLDER: FoundHolder = { process: GREETING.holder, greeting: GREETING, stopped: false };

const VIEW: DeviceView = {
  link: makeLink(),
  queueCount: 4,
  holder: undefined,
  attached: [],
  offloads: [],
  napi: false,
  steering: 'off',
  filter: undefined,
  unreadQueues: [],
  leases: [],
  addresses: [],
  master: undefined,
  ageSeconds: 3700,
  disabledQueues: [],
  kernelIndexes: [],
};

const UNKNOWN = { queueCount: undefined, holder: undefined, master: undefined, ageSeconds: undefined };

test('describeDevices gives each device a line', (t) => {
  const devices = [
    { link: makeLink(), queueCount: 4, holder: HOLDER, master: 'br0', ageSeconds: 61 },
    {
      link: makeLink(
        { name: 'single', index: 12, flagNames: [], mtu: 9000 },
        { multiQueue: false, queues: 0, persist: false },
      ),
      ...UNKNOWN,
    },
    {
      link: makeLink({ name: 'other', index: 13 }, { queues: 1 }),
      ...UNKNOWN,
    },
  ];
  t.is(
    describeDevices(devices, PLAIN),
    [
      'DEVICE  INDEX  STATE  MTU   ADDRESS            QUEUES  ATTACHED  PERSIST  MASTER  AGE        HOLDER',
      'io0     7      up     1500  02:00:00:00:00:01  4       4         yes      br0     1 min 1 s  rtap (pid 42)',
      'single  12     down   9000  02:00:00:00:00:01  single  0         no       -       ?          -',
      'other   13     up     1500  02:00:00:00:00:01  ?       1         yes      -       ?          -',
    ].join('\n'),
  );
});

test('describeDevices has columns for aliases and other names where a device has some', (t) => {
  const links = [makeLink({ alias: 'uplink', altNames: ['blue', 'red'] }), makeLink()];
  const lines = describeDevices(
    links.map((link) => ({ link, ...UNKNOWN })),
    PLAIN,
  ).split('\n');
  t.deepEqual(
    lines.map((line) => line.slice(lines[0]!.indexOf('HOLDER'))),
    ['HOLDER  ALIAS   ALTNAMES', '-       uplink  blue,red', '-       -       -'],
  );
});

test('describeDevices prints only the head if there are no devices', (t) => {
  t.is(
    describeDevices([], PLAIN),
    'DEVICE  INDEX  STATE  MTU  ADDRESS  QUEUES  ATTACHED  PERSIST  MASTER  AGE  HOLDER',
  );
});

test('describeDevice gives each property a line', (t) => {
  const view: DeviceView = {
    ...VIEW,
    link: makeLink({}, { owner: 0, group: UNKNOWN_GROUP, disabledQueues: 1 }),
    holder: HOLDER,
    attached: [
      { pid: 43, command: 'qemu', descriptors: 1 },
      { pid: 44, command: 'tx-inject', descriptors: 2 },
    ],
    leases: [{ pid: 45, command: 'rx-dump', queues: [2] }],
    offloads: ['csum', 'tso4'],
    steering: { by: 'dst-port', map: '5000-5003=0-3,53=1', else: 2 },
    filter: { addresses: ['02:00:00:00:00:01', '02:00:00:00:00:02'], allMulticast: true },
    unreadQueues: [0, 1, 3],
  };
  t.is(
    describeDevice(view, PLAIN),
    [
      'device       io0 (index 7)',
      'state        up, carrier on, operstate UP',
      'flags        BROADCAST MULTICAST UP LOWER_UP',
      'age          1 h 1 min',
      'address      02:00:00:00:00:01',
      'mtu          1500 bytes',
      'txqueuelen   1000 frames a queue',
      'queues       made with 4, 4 attached, 1 send-only',
      'persist      on',
      'owner        root (0)',
      `group        ${UNKNOWN_GROUP}`,
      'vnet header  on',
      'napi         off',
      'offloads     csum,tso4',
      'steer        --by dst-port --map 5000-5003=0-3,53=1 --else 2',
      'filter       --mac 02:00:00:00:00:01 --mac 02:00:00:00:00:02 --allmulti',
      'held by      rtap (pid 42)',
      'attached     qemu (pid 43), tx-inject (pid 44)',
      'lent         queue 2 to rx-dump (pid 45)',
      'unread       0-1,3: frames wait there; the kernel drops frames when the queue is full',
    ].join('\n'),
  );
});

const ADDRESS = {
  index: 7,
  family: 'inet' as const,
  scope: 'global',
  flagNames: [],
  validSeconds: 0xffff_ffff,
  preferredSeconds: 0xffff_ffff,
};

/** A device whose holder does not reply. */
const UNKNOWN_LEASES: DeviceView = { ...VIEW, leases: undefined, unreadQueues: undefined };

const details: readonly (readonly [what: string, view: DeviceView, line: string])[] = [
  [
    'it is down',
    { ...VIEW, link: makeLink({ flagNames: [], carrier: false, operstate: 'DOWN' }) },
    'state        down, carrier off, operstate DOWN',
  ],
  [
    'it has no holder and no queue',
    { ...VIEW, link: makeLink({}, { queues: 0 }) },
    'held by      no process',
  ],
  ['it has queues but no holder', VIEW, 'held by      no process'],
  ['its attached processes are hidden', VIEW, 'attached     a process that this user cannot see'],
  [
    'its holder is stopped',
    { ...UNKNOWN_LEASES, holder: { ...HOLDER, greeting: undefined, stopped: true } },
    'held by      rtap (pid 42), which is stopped: rtap does not know which process reads which queue',
  ],
  [
    'its holder does not reply',
    { ...UNKNOWN_LEASES, holder: { ...HOLDER, greeting: undefined } },
    'held by      rtap (pid 42), which does not answer: rtap does not know which process reads which queue',
  ],
  ['it has NAPI', { ...VIEW, napi: true }, 'napi         on'],
  ['rtap did not make it, so NAPI is unknown', { ...VIEW, napi: undefined }, 'napi         unknown'],
  ['rtap did not make it', { ...VIEW, queueCount: undefined }, 'queues       not made by rtap, 4 attached'],
  [
    'it has one queue',
    { ...VIEW, link: makeLink({}, { multiQueue: false }) },
    'queues       single-queue device',
  ],
  ['rtap did not make it, so its age is unknown', { ...VIEW, ageSeconds: undefined }, 'age          unknown'],
  ['it belongs to a bridge', { ...VIEW, master: 'br0' }, 'master       br0'],
  ['it has an alias', { ...VIEW, link: makeLink({ alias: 'up\x1blink' }) }, 'alias        up\\x1blink'],
  [
    'it has other names',
    { ...VIEW, link: makeLink({ altNames: ['blue', 'red'] }) },
    'altnames     blue, red',
  ],
  [
    'it has addresses',
    {
      ...VIEW,
      addresses: [
        { ...ADDRESS, bytes: Uint8Array.of(192, 0, 2, 1), prefixLength: 24 },
        { ...ADDRESS, bytes: Uint8Array.of(0x20, 1, 0xd, 0xb8, ...new Uint8Array(11), 1), prefixLength: 64 },
      ],
    },
    'addresses    192.0.2.1/24, 2001:db8::1/64',
  ],
  ['it has no owner', VIEW, 'owner        any'],
  ['it has no offloads', VIEW, 'offloads     none'],
];

for (const [what, view, line] of details) {
  test(`describeDevice shows that ${what}`, (t) => {
    const lines = describeDevice(view, PLAIN).split('\n');
    t.true(lines.includes(line), lines.join('\n'));
    t.false(lines.some((other) => other.startsWith('unread')));
  });
}
