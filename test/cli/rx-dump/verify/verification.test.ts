import test from 'ava';
import fc from 'fast-check';
import type { CapturedFrame } from '../../../../src/cli/rx-dump/sinks/captured-frame.js';
import { Verification } from '../../../../src/cli/rx-dump/verify/verification.js';
import { QUEUE_UNKNOWN } from '../../../../src/packet/capture/capture-record.js';
import { buildFrame } from '../../../../src/packet/generate/frame-builder.js';
import { writeStamp } from '../../../../src/packet/generate/stamp.js';
import { ChecksummedFrame } from '../../../../src/packet/offload/checksummed-frame.js';

interface Wish {
  readonly queue?: number;
  readonly stream?: number;
  /** From the stamp to the capture. */
  readonly latency?: number;
  readonly stamped?: boolean;
  readonly port?: number;
}

const PLAIN = buildFrame({
  protocol: 'udp',
  sourceMac: new Uint8Array(6),
  destinationMac: new Uint8Array(6),
  source: Uint8Array.of(10, 0, 0, 1),
  destination: Uint8Array.of(10, 0, 0, 2),
  frameBytes: 64,
});

function frameOf(sequence: number, wish: Wish = {}): CapturedFrame {
  const { queue = 0, stream = 1, latency = 1000, stamped = true, port = 0 } = wish;
  const bytes = Uint8Array.from(PLAIN);
  bytes.set([port >> 8, port & 0xff], 34);
  if (stamped)
    writeStamp(new ChecksummedFrame(bytes, { zeroMeansNone: true }), 42, {
      stream,
      sequence,
      seconds: 100,
      nanoseconds: 999_999_000,
    });
  const at = 999_999_000 + latency;
  return {
    queue,
    direction: 'outbound',
    bytes,
    originalLength: bytes.length,
    timed: true,
    seconds: 100 + Math.floor(at / 1e9),
    nanoseconds: at % 1e9,
    header: new Uint8Array(),
    checksumFinished: false,
    interfaceId: 0,
  };
}

function verify(frames: readonly CapturedFrame[]): Verification {
  const verification = new Verification();
  for (const frame of frames) verification.observe(frame);
  return verification;
}

function totals(verification: Verification) {
  const { faultless, expected, received, lost, gaps, out_of_order, duplicates, foreign } =
    verification.json();
  return { faultless, expected, received, lost, gaps, out_of_order, duplicates, foreign };
}

const CLEAN = { faultless: true, lost: 0, gaps: 0, out_of_order: 0, duplicates: 0, foreign: 0 };

test('Verification is faultless when every frame came, in any queue', (t) => {
  const verification = verify(
    [0, 1, 2, 3, 4, 5].map((sequence) => frameOf(sequence, { queue: sequence % 2 })),
  );
  t.true(verification.faultless);
  t.deepEqual(totals(verification), { ...CLEAN, expected: 6, received: 6 });
  t.deepEqual(verification.lines(), [
    'stream 0001: 6 of 6 frames, 0 lost, 0 duplicates',
    'queue 0: 3 received, 0 out of order, 0 duplicates, latency min 1.0 us, median 1.0 us, p99 1.0 us, max 1.0 us',
    'queue 1: 3 received, 0 out of order, 0 duplicates, latency min 1.0 us, median 1.0 us, p99 1.0 us, max 1.0 us',
    'all queues: 6 received, 0 out of order, 0 duplicates, latency min 1.0 us, median 1.0 us, p99 1.0 us, max 1.0 us',
    'verified: every frame arrived once and in order',
  ]);
});

test('Verification requires no order between queues', (t) => {
  const order = [1, 3, 5, 0, 2, 4];
  const verification = verify(order.map((sequence) => frameOf(sequence, { queue: sequence % 2 })));
  t.deepEqual(totals(verification), { ...CLEAN, expected: 6, received: 6 });
});

test('Verification finds loss, the first frame of a run included', (t) => {
  const verification = verify([1, 2, 5, 6, 8].map((sequence) => frameOf(sequence)));
  t.false(verification.faultless);
  t.deepEqual(totals(verification), {
    ...CLEAN,
    faultless: false,
    expected: 9,
    received: 5,
    lost: 4,
    gaps: 3,
  });
  t.is(verification.lines()[0], 'stream 0001: 5 of 9 frames, 4 lost in 3 gaps, 0 duplicates');
  t.is(verification.lines().at(-1), 'not verified: 4 lost');
});

test('Verification finds duplicates, in other queues too', (t) => {
  const verification = verify([frameOf(0), frameOf(1), frameOf(1), frameOf(0, { queue: 3 }), frameOf(2)]);
  t.deepEqual(totals(verification), {
    ...CLEAN,
    faultless: false,
    expected: 3,
    received: 5,
    duplicates: 2,
  });
  t.is(verification.lines().at(-1), 'not verified: 2 duplicated');
  t.regex(verification.lines()[2]!, /^queue 3: 1 received, 0 out of order, 1 duplicate,/);
});

test('Verification finds disorder within a queue', (t) => {
  const verification = verify([0, 3, 1, 2, 4].map((sequence) => frameOf(sequence)));
  t.deepEqual(totals(verification), {
    ...CLEAN,
    faultless: false,
    expected: 5,
    received: 5,
    out_of_order: 2,
  });
});

test('Verification tells streams apart', (t) => {
  const frames = [0, 1, 2].flatMap((sequence) => [frameOf(sequence), frameOf(sequence, { stream: 0xbeef })]);
  const verification = verify(frames);
  t.deepEqual(totals(verification), { ...CLEAN, expected: 6, received: 6 });
  t.deepEqual(verification.json().streams, [
    { stream: '0001', expected: 3, received: 3, lost: 0, gaps: 0, duplicates: 0 },
    { stream: 'beef', expected: 3, received: 3, lost: 0, gaps: 0, duplicates: 0 },
  ]);
});

test('Verification ignores frames without a stamp, but needs one with a stamp', (t) => {
  const foreign = [frameOf(0, { stamped: false }), frameOf(0, { stamped: false })];
  t.deepEqual(totals(verify([frameOf(0), ...foreign])), { ...CLEAN, expected: 1, received: 1, foreign: 2 });
  t.deepEqual(verify(foreign).lines(), [
    '2 frames without a stamp',
    'not verified: no stamped frame arrived',
  ]);
  t.false(verify([]).faultless);
});

test('Verification is not faultless when packets were missed', (t) => {
  const verification = verify([frameOf(0), frameOf(1)]);
  t.is(verification.json().missed, null);
  verification.missed = 0;
  t.true(verification.faultless);
  verification.missed = 19_000;
  t.like(verification.json(), { faultless: false, lost: 0, missed: 19_000 });
  t.is(verification.lines().at(-1), 'not verified: 19000 packets missed');
});

test('Verification measures latency across seconds, and negative latency', (t) => {
  const frames = [500, 2000, 3_000_000, -4000].map((latency, sequence) => frameOf(sequence, { latency }));
  const [queue] = verify(frames).json().queues as readonly { latency_ns: Record<string, number> }[];
  t.like(queue!.latency_ns, { min: -4000, max: 3_000_000 });
  t.true(Math.abs(queue!.latency_ns.p99! - 3_000_000) <= 3_000_000 / 32);
  t.true(Math.abs(queue!.latency_ns.median! - 500) <= 500 / 32);
});

test('Verification counts the frames of streams beyond its limit', (t) => {
  const verification = verify(Array.from({ length: 514 }, (_, stream) => frameOf(0, { stream })));
  t.false(verification.faultless);
  t.is(verification.json().unfollowed, 2);
  t.deepEqual(verification.lines().slice(-2), [
    '2 frames of more streams than rtap checks',
    'not verified: 2 not checked',
  ]);
});

test('Verification takes any bytes', (t) => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 100 }), fc.nat(63), (noise, at) => {
      const bytes = frameOf(5).bytes.slice();
      bytes.set(noise.subarray(0, Math.max(0, bytes.length - at)), at);
      const verification = verify([
        { ...frameOf(0), bytes },
        { ...frameOf(0), bytes: noise },
      ]);
      const { received, foreign } = verification.json() as { received: number; foreign: number };
      t.is(received + foreign, 2);
      t.true(verification.lines().length > 0);
    }),
    { numRuns: 50 },
  );
});

test('Verification takes captures that name no queue, or very many', (t) => {
  const unknown = verify([frameOf(0, { queue: QUEUE_UNKNOWN })]);
  t.regex(unknown.lines()[1]!, /^queue unknown: 1 received/);
  t.is((unknown.json().queues as readonly { queue: unknown }[])[0]!.queue, null);
  const many = verify(Array.from({ length: 1000 }, (_, queue) => frameOf(queue, { queue })));
  t.is((many.json().queues as unknown[]).length, 257);
  t.is(many.json().received, 1000);
});

test('Verification requires no order between the flows of a queue', (t) => {
  const frames = [0, 3, 1, 4, 2, 5].map((sequence) => frameOf(sequence, { port: sequence < 3 ? 1 : 2 }));
  t.deepEqual(totals(verify(frames)), { ...CLEAN, expected: 6, received: 6 });
  const swapped = [0, 3, 2, 4, 1, 5].map((sequence) => frameOf(sequence, { port: sequence < 3 ? 1 : 2 }));
  t.like(totals(verify(swapped)), { faultless: false, lost: 0, out_of_order: 1 });
});

test('Verification has results of each flow when they are wanted', (t) => {
  const verification = new Verification({ flows: true });
  for (const [sequence, wish] of [
    [0, { port: 7, latency: 1000 }],
    [2, { port: 7, latency: 2000 }],
    [1, { port: 7, latency: 6000 }],
    [3, { port: 8, queue: 1 }],
    [3, { port: 8, queue: 1 }],
  ] as const)
    verification.observe(frameOf(sequence, wish));
  t.deepEqual(verification.lines().slice(1, 3), [
    'flow UDP 10.0.0.1:7 > 10.0.0.2:0, stream 0001, queue 0: 3 received, 1 out of order, 0 duplicates, latency min 1.0 us, mean 3.0 us, max 6.0 us',
    'flow UDP 10.0.0.1:8 > 10.0.0.2:0, stream 0001, queue 1: 2 received, 0 out of order, 1 duplicate, latency min 1.0 us, mean 1.0 us, max 1.0 us',
  ]);
  t.deepEqual((verification.json().flows as readonly unknown[])[1], {
    flow: 'UDP 10.0.0.1:8 > 10.0.0.2:0',
    stream: '0001',
    queue: 1,
    received: 2,
    out_of_order: 0,
    duplicates: 1,
    latency_ns: { min: 1000, mean: 1000, max: 1000 },
  });
  t.false('flows' in verify([frameOf(0)]).json());
});

test('Verification adds up the latencies of all queues', (t) => {
  const latencies = [1000, 2000, 4000, 8000, 16_000_000];
  const verification = verify(
    latencies.map((latency, sequence) => frameOf(sequence, { latency, queue: sequence % 3 })),
  );
  const all = verify(latencies.map((latency, sequence) => frameOf(sequence, { latency })));
  t.deepEqual(verification.json().latency_ns, all.json().latency_ns);
  t.like(verification.json().latency_ns, { min: 1000, max: 16_000_000 });
});

test('Verification checks flows within their queue when there are more than it tells apart', (t) => {
  const verification = new Verification();
  const ports = 65_536;
  for (let port = 0; port < ports; port++) verification.observe(frameOf(port, { port }));
  // In another queue these are flows of their own, for which there is no room.
  verification.observe(frameOf(ports + 1, { port: 1, queue: 1 }));
  verification.observe(frameOf(ports, { port: 2, queue: 1 }));
  t.like(totals(verification), { lost: 0, out_of_order: 1 });
});
