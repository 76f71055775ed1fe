import test from 'ava';
import { describeLedger, type FinishedRun, ledgerJson } from '../../../../src/cli/tx-inject/ledger-report.js';
import { Lateness } from '../../../../src/cli/tx-inject/sending/lateness.js';
import { Ledger } from '../../../../src/cli/tx-inject/sending/ledger.js';
import { RunLedger } from '../../../../src/cli/tx-inject/sending/run-ledger.js';

/** A run of 10 accepted frames in 2 s, with these `changes`. */
function makeRun(
  changes: Partial<FinishedRun> = {},
  change: (ledger: Ledger) => void = () => {},
): FinishedRun {
  const ledger = new RunLedger();
  const own = ledger.open(2);
  own.offered = 10;
  own.accepted = 10;
  own.bytes = 1000;
  change(own);
  const lateness = undefined;
  return {
    name: 'io0',
    queueCount: 4,
    mtu: 1500,
    ledger,
    kernel: 10,
    missed: { missed: 0, unread: [] },
    seconds: 2,
    pausedSeconds: 0,
    gapCuts: undefined,
    lateness,
    asked: undefined,
    stopped: false,
    error: undefined,
    ...changes,
  };
}

/** The ledger of a run that sent nothing into queue 2. */
function emptyLedger(): RunLedger {
  const ledger = new RunLedger();
  ledger.open(2);
  return ledger;
}

/** Frames that left so many microseconds late. */
function lateBy(...microseconds: readonly number[]): Lateness {
  const lateness = new Lateness();
  for (const late of microseconds) lateness.record(late / 1e6);
  return lateness;
}

const HEAD = 'tx-inject: io0 queue 2';
const ALL = '10 packets offered, 10 accepted (1000 bytes) in 2.000000 s: 5 pps, 4.0 kbit/s';
const RECEIVED = '10 packets received by the kernel';

const rows: readonly (readonly [what: string, run: FinishedRun, lines: readonly string[]])[] = [
  ['all went well', makeRun(), [HEAD, ALL, RECEIVED]],
  [
    'packets were missed in queues without a reader',
    makeRun({ missed: { missed: 1400, unread: [0, 1, 3] } }),
    [HEAD, ALL, RECEIVED, '1400 packets missed on io0; queues 0-1,3 have no reader'],
  ],
  [
    'packets were missed and all queues are read',
    makeRun({ missed: { missed: 1, unread: [] } }),
    [HEAD, ALL, RECEIVED, '1 packet missed (dropped by the kernel at a full queue)'],
  ],
  [
    'there was nothing to send',
    makeRun({ kernel: 0, seconds: 0, ledger: emptyLedger() }),
    [
      HEAD,
      '0 packets offered, 0 accepted (0 bytes) in 0.000000 s: 0 pps, 0 bit/s',
      '0 packets received by the kernel',
    ],
  ],
  [
    'there was one frame',
    makeRun({ kernel: 1, seconds: 0.000001 }, (ledger) =>
      Object.assign(ledger, { offered: 1, accepted: 1, bytes: 60 }),
    ),
    [
      HEAD,
      '1 packet offered, 1 accepted (60 bytes) in 0.000001 s: 1.0 Mpps, 480.0 Mbit/s',
      '1 packet received by the kernel',
    ],
  ],
  [
    'frames were refused',
    makeRun({ kernel: 4 }, (ledger) => {
      ledger.accepted = 4;
      ledger.refuse('EMSGSIZE');
      ledger.refuse('EINVAL', 2);
      ledger.refuse('EIO');
      ledger.refuse('EBADFD');
      ledger.refuse('EPROTONOSUPPORT');
      ledger.refusedTypes.add(105);
      ledger.refuse('EOPNOTSUPP');
      ledger.refuse('ENOBUFS', 3);
    }),
    [
      HEAD,
      '10 packets offered, 4 accepted (1000 bytes) in 2.000000 s: 2 pps, 4.0 kbit/s',
      '1 packet refused: EMSGSIZE (longer than the MTU of 1500 allows; --oversize sends them)',
      '2 packets refused: EINVAL (a frame under 14 bytes, a UDP frame with too many segments, or a virtio-net header that contradicts its frame)',
      '1 packet refused: EIO (the device is down)',
      '1 packet refused: EBADFD (the device is gone)',
      '1 packet refused: EPROTONOSUPPORT (not Ethernet: 1 of link type 105 (802.11))',
      '1 packet refused: EOPNOTSUPP (the device has no virtio-net header, and rtap cannot finish or cut such a frame)',
      '3 packets refused: ENOBUFS',
      '4 packets received by the kernel',
    ],
  ],
  [
    'the kernel received fewer',
    makeRun({ kernel: 7 }),
    [HEAD, ALL, '7 packets received by the kernel: 3 fewer than it accepted'],
  ],
  [
    'the kernel received more',
    makeRun({ kernel: 13 }),
    [HEAD, ALL, '13 packets received by the kernel: 3 of them from other senders'],
  ],
  [
    'frames had been cut',
    makeRun({}, (ledger) => {
      ledger.short = 2;
    }),
    [HEAD, ALL, '2 packets sent as captured, shorter than the original frame', RECEIVED],
  ],
  [
    'packets got an Ethernet header',
    makeRun({}, (ledger) => {
      for (const linkType of [113, 101, 113]) ledger.converted.add(linkType);
    }),
    [
      HEAD,
      ALL,
      '2 packets of link type 113 (Linux cooked) got an Ethernet header',
      '1 packet of link type 101 (raw IP) got an Ethernet header',
      RECEIVED,
    ],
  ],
  [
    'frames had offload facts, and some were cut here',
    makeRun({}, (ledger) => Object.assign(ledger, { offloaded: 4, cut: 1 })),
    [
      HEAD,
      ALL,
      '4 packets sent with work left to the kernel (checksum or segmentation)',
      '1 packet segmented by rtap: the device has no virtio-net header, so the kernel cannot do it',
      RECEIVED,
    ],
  ],
  [
    'frames had their times',
    makeRun({ lateness: lateBy(10, 20, 30) }),
    [HEAD, ALL, 'late by 20 us (median), 30 us (99th percentile), 30 us (maximum)', RECEIVED],
  ],
  ['no frame kept its time', makeRun({ lateness: new Lateness() }), [HEAD, ALL, RECEIVED]],
  [
    'fewer packets a second went than one',
    makeRun({ seconds: 40 }),
    [HEAD, '10 packets offered, 10 accepted (1000 bytes) in 40.000000 s: 0.25 pps, 200 bit/s', RECEIVED],
  ],
  ['its rate was kept', makeRun({ asked: { packetsPerSecond: 5.05 } }), [HEAD, ALL, RECEIVED]],
  [
    'its rate was not reached',
    makeRun({ asked: { packetsPerSecond: 1e6 } }),
    [HEAD, ALL, 'asked for 1.0 Mpps, reached 5 pps', RECEIVED],
  ],
  [
    'its bits were not reached',
    makeRun({ asked: { bitsPerSecond: 1e9 } }),
    [HEAD, ALL, 'asked for 1.0 Gbit/s, reached 4.0 kbit/s', RECEIVED],
  ],
  ['a signal stopped it', makeRun({ stopped: true }), [`${HEAD}, stopped by a signal`, ALL, RECEIVED]],
  ['the device is gone', makeRun({ kernel: undefined }), [HEAD, ALL]],
];

for (const [what, run, lines] of rows) {
  test(`describeLedger describes the run when ${what}`, (t) => t.deepEqual(describeLedger(run), [...lines]));
}

test('ledgerJson has the same contents when frames were refused and the device is gone', (t) => {
  const ended = { kernel: undefined, stopped: true, error: new Error('cannot go on') };
  const run = makeRun(ended, (ledger) => {
    ledger.accepted = 7;
    ledger.short = 1;
    ledger.refuse('EIO', 2);
    ledger.refuse('EINVAL');
  });
  t.is(
    JSON.stringify(ledgerJson(run)),
    '{"ifname":"io0","queue":2,"offered":10,"accepted":7,"refused":{"EIO":2,"EINVAL":1},"refused_link_types":{},"converted":{},"short":1,"offloaded":0,"cut":0,"kernel":null,"missed":0,"unread":[],"bytes":1000,"seconds":2,"pps":3.5,"queues":[{"queue":2,"offered":10,"accepted":7,"refused":{"EIO":2,"EINVAL":1},"bytes":1000}],"rate":null,"lateness_us":null,"pauses_cut":null,"stopped":true,"error":"cannot go on"}',
  );
});

test('ledgerJson gives finite numbers when nothing was sent', (t) => {
  const asked = { packetsPerSecond: 5 };
  const run = makeRun({ kernel: 0, seconds: 0, ledger: emptyLedger(), asked });
  t.is(
    JSON.stringify(ledgerJson(run)),
    '{"ifname":"io0","queue":2,"offered":0,"accepted":0,"refused":{},"refused_link_types":{},"converted":{},"short":0,"offloaded":0,"cut":0,"kernel":0,"missed":0,"unread":[],"bytes":0,"seconds":0,"pps":0,"queues":[{"queue":2,"offered":0,"accepted":0,"refused":{},"bytes":0}],"rate":{"unit":"pps","asked":5,"reached":0,"kept":true},"lateness_us":null,"pauses_cut":null,"stopped":false,"error":null}',
  );
});

test('ledgerJson rounds seconds to six decimals and packets per second to one when they are long', (t) => {
  const run = makeRun({ seconds: 0.123456789, lateness: lateBy(7) });
  t.like(ledgerJson(run), { seconds: 0.123457, pps: 81, lateness_us: { median: 7, p99: 7, max: 7 } });
});

test('ledgerJson says whether a rate was kept, and calls it kept when frames were refused', (t) => {
  const asked = { bitsPerSecond: 1e6 };
  t.deepEqual(ledgerJson(makeRun({ asked })).rate, { unit: 'bit/s', asked: 1e6, reached: 4000, kept: false });
  t.like(ledgerJson(makeRun({ asked }, (ledger) => ledger.refuse('EIO'))).rate, { kept: true });
});

test('Ledger calls its listener once for each errno', (t) => {
  const told: string[] = [];
  const ledger = new Ledger((code) => told.push(code));
  for (const code of ['EIO', 'EIO', 'EINVAL', 'EIO']) ledger.refuse(code);
  t.deepEqual(told, ['EIO', 'EINVAL']);
});

test('Ledger sums refused frames of several errnos', (t) => {
  const ledger = new Ledger();
  t.is(ledger.refusedCount, 0);
  ledger.refuse('EIO');
  ledger.refuse('EIO', 4);
  ledger.refuse('EINVAL');
  t.deepEqual(
    [...ledger.refused],
    [
      ['EIO', 5],
      ['EINVAL', 1],
    ],
  );
  t.is(ledger.refusedCount, 6);
});

/** A run over queues 0 and 2, one frame of which names a queue that the device does not have. */
function makeWideRun(): FinishedRun {
  const ledger = new RunLedger();
  const [first, second] = [ledger.open(0), ledger.open(2)];
  Object.assign(first, { offered: 3, accepted: 2, bytes: 120 });
  first.refuse('EIO');
  Object.assign(second, { offered: 1, accepted: 1, bytes: 60 });
  ledger.unplaced.offered = 1;
  ledger.unplaced.refuse('ENXIO');
  return makeRun({ ledger, kernel: 3, seconds: 1 });
}

test('describeLedger prints a row for each queue when there are several', (t) => {
  t.deepEqual(describeLedger(makeWideRun()), [
    'tx-inject: io0 queues 0,2',
    '5 packets offered, 3 accepted (180 bytes) in 1.000000 s: 3 pps, 1.4 kbit/s',
    'queue 0: 3 packets offered, 2 accepted (120 bytes), 1 refused',
    'queue 2: 1 packet offered, 1 accepted (60 bytes)',
    '1 packet refused: ENXIO (recorded on a queue that io0 does not have; it has 4 queues)',
    '1 packet refused: EIO (the device is down)',
    '3 packets received by the kernel',
  ]);
});

test('ledgerJson has the totals, and a row for each queue', (t) => {
  t.like(ledgerJson(makeWideRun()), {
    queue: null,
    offered: 5,
    accepted: 3,
    pps: 3,
    refused: { ENXIO: 1, EIO: 1 },
    queues: [
      { queue: 0, offered: 3, accepted: 2, refused: { EIO: 1 }, bytes: 120 },
      { queue: 2, offered: 1, accepted: 1, refused: {}, bytes: 60 },
    ],
  });
});

test('RunLedger calls its listener once for each errno, whichever queue refused first', (t) => {
  const told: string[] = [];
  const ledger = new RunLedger((code) => told.push(code));
  const [first, second] = [ledger.open(0), ledger.open(1)];
  first.refuse('EIO');
  second.refuse('EIO');
  second.refuse('EINVAL');
  ledger.total();
  t.deepEqual(told, ['EIO', 'EINVAL']);
});
