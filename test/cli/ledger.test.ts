import test from 'ava';
import { Ledger } from '../../src/cli/tx-inject/ledger.js';
import { describeLedger, ledgerJson, type RunFacts } from '../../src/cli/tx-inject/ledger-report.js';

/** A run of 10 accepted frames in 2 s, where `facts` do not say otherwise. */
function makeRun(facts: Partial<RunFacts> = {}, change: (ledger: Ledger) => void = () => {}): RunFacts {
  const ledger = new Ledger();
  ledger.offered = 10;
  ledger.accepted = 10;
  ledger.bytes = 1000;
  change(ledger);
  return { name: 'io0', queue: 2, mtu: 1500, ledger, kernel: 10, seconds: 2, stopped: false, ...facts };
}

const HEAD = 'tx-inject: io0 queue 2';
const ALL = '10 packets offered, 10 accepted (1000 bytes) in 2.000000 s: 5 pps, 0.0 Mbit/s';
const RECEIVED = '10 packets received by the kernel';

const rows: readonly (readonly [what: string, run: RunFacts, lines: readonly string[]])[] = [
  ['all went well', makeRun(), [HEAD, ALL, RECEIVED]],
  [
    'there was nothing to send',
    makeRun({ kernel: 0, seconds: 0, ledger: new Ledger() }),
    [
      HEAD,
      '0 packets offered, 0 accepted (0 bytes) in 0.000000 s: 0 pps, 0.0 Mbit/s',
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
      '1 packet offered, 1 accepted (60 bytes) in 0.000001 s: 1000000 pps, 480.0 Mbit/s',
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
      ledger.refuse('ENOBUFS', 3);
    }),
    [
      HEAD,
      '10 packets offered, 4 accepted (1000 bytes) in 2.000000 s: 2 pps, 0.0 Mbit/s',
      '1 packet refused: EMSGSIZE (longer than MTU 1500 allows; --oversize sends them)',
      '2 packets refused: EINVAL (the kernel takes no frame under 14 bytes, nor a virtio-net header that contradicts it)',
      '1 packet refused: EIO (the device is down)',
      '1 packet refused: EBADFD (the device is gone)',
      '1 packet refused: EPROTONOSUPPORT (not Ethernet)',
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
    [HEAD, ALL, '13 packets received by the kernel: 3 of them sent by others'],
  ],
  [
    'frames had been cut',
    makeRun({}, (ledger) => {
      ledger.short = 2;
    }),
    [HEAD, ALL, '2 packets sent as captured, short of the original length', RECEIVED],
  ],
  ['a signal stopped it', makeRun({ stopped: true }), [`${HEAD}, stopped by a signal`, ALL, RECEIVED]],
  ['the device is gone', makeRun({ kernel: undefined }), [HEAD, ALL]],
];

for (const [what, run, lines] of rows) {
  test(`describeLedger tells the run when ${what}`, (t) => t.deepEqual(describeLedger(run), [...lines]));
}

test('ledgerJson gives the same facts to a program when frames were refused and the device is gone', (t) => {
  const run = makeRun({ kernel: undefined }, (ledger) => {
    ledger.accepted = 7;
    ledger.short = 1;
    ledger.refuse('EIO', 2);
    ledger.refuse('EINVAL');
  });
  t.is(
    JSON.stringify(ledgerJson(run)),
    '{"offered":10,"accepted":7,"refused":{"EIO":2,"EINVAL":1},"short":1,"kernel":null,"bytes":1000,"seconds":2,"pps":3.5}',
  );
});

test('ledgerJson gives finite numbers when nothing was sent', (t) => {
  t.is(
    JSON.stringify(ledgerJson(makeRun({ kernel: 0, seconds: 0, ledger: new Ledger() }))),
    '{"offered":0,"accepted":0,"refused":{},"short":0,"kernel":0,"bytes":0,"seconds":0,"pps":0}',
  );
});

test('Ledger sums what was refused when there are several reasons', (t) => {
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
