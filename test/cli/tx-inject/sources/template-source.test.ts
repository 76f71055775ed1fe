import test from 'ava';
import { TemplateSource } from '../../../../src/cli/tx-inject/sources/template-source.js';
import {
  readTemplateOptions,
  type TemplateArguments,
} from '../../../../src/cli/tx-inject/templates/template-options.js';
import { FrameStamper } from '../../../../src/cli/tx-inject/templates/template-stamp.js';
import { ByteQueue } from '../../../../src/packet/bytes/byte-queue.js';
import { readStamp, type Stamp } from '../../../../src/packet/generate/stamp.js';
import { stampOffset } from '../../../../src/packet/generate/stamp-place.js';
import { summarizeFrame } from '../../../../src/packet/summary/frame-summary.js';
import { sumTransport } from '../../../packet/offload/transport-checksum.js';

const UDP = '10.0.0.1:1000-10.0.0.2:2000';

function sourceOf(given: TemplateArguments, rounds = 1, stamper?: FrameStamper): TemplateSource {
  const { template, varied } = readTemplateOptions(given)!;
  const [sourceMac, destinationMac] = [Uint8Array.of(2, 0, 0, 0, 0, 1), Uint8Array.of(2, 0, 0, 0, 0, 2)];
  return new TemplateSource({
    template: { ...template, sourceMac, destinationMac },
    varied,
    rounds,
    stamper,
  });
}

/** Source and destination of each remaining frame of `source`. */
function flowsOf(source: TemplateSource, most = 100): string[] {
  const flows: string[] = [];
  while (flows.length < most && source.next()) {
    flows.push(summarizeFrame(source.frame, source.frame.length).replace(/^IP (.*): UDP.*$/, '$1'));
  }
  return flows;
}

test('TemplateSource has one frame when nothing varies', (t) => {
  using source = sourceOf({ udp: UDP });
  t.deepEqual(flowsOf(source), ['10.0.0.1.1000 > 10.0.0.2.2000']);
  t.is(source.fraction, 1);
  t.false(source.refill());
});

test('TemplateSource counts all fields together until the longest ends', (t) => {
  using source = sourceOf({ udp: UDP, vary: ['src-port=7..9', 'dst-ip=10.0.0.2..10.0.0.3'] }, 2);
  const round = ['10.0.0.1.7 > 10.0.0.2.2000', '10.0.0.1.8 > 10.0.0.3.2000', '10.0.0.1.9 > 10.0.0.2.2000'];
  t.deepEqual(flowsOf(source), [...round, ...round]);
  source.rewind();
  t.is(source.fraction, 0);
  t.deepEqual(flowsOf(source, 4), [...round, round[0]!]);
});

test('TemplateSource has no end when its rounds have no limit', (t) => {
  using source = sourceOf({ udp: UDP, vary: ['src-port=7..8'] }, Infinity);
  t.is(flowsOf(source, 1001).at(-1), '10.0.0.1.7 > 10.0.0.2.2000');
  t.is(source.fraction, 0);
});

/** A clock that is a second and a nanosecond later at each read. */
function steppingClock() {
  return {
    seconds: 99,
    nanoseconds: 500,
    read() {
      this.seconds += 1;
      this.nanoseconds += 1;
    },
  };
}

for (const given of [
  { udp: UDP, vary: ['src-port=7..9'] },
  { tcp: '[::1]:1-[::2]:2', vary: ['src-ip=::3..::5'], payload: 'odd' },
  { icmp: '10.0.0.1-10.0.0.2', vlan: '7' },
  { icmp: '::1-::2', vary: ['seq=1..7', 'id=5..6'] },
] as readonly TemplateArguments[]) {
  test(`TemplateSource stamps the frames of ${JSON.stringify(given)}, and their checksums stay correct`, (t) => {
    using source = sourceOf({ ...given, stamp: true }, Infinity, new FrameStamper(steppingClock(), 0x1234));
    for (let sequence = 0; sequence < 20; sequence++) {
      t.true(source.next());
      source.stamp(0);
      const facts: Stamp = { stream: 0, sequence: 0, seconds: 0, nanoseconds: 0 };
      t.true(readStamp(source.frame, stampOffset(source.frame), facts));
      t.deepEqual(facts, {
        stream: 0x1234,
        sequence,
        seconds: 100 + sequence,
        nanoseconds: 501 + sequence,
      });
      t.is(sumTransport(source.frame), 0xffff);
    }
  });
}

test('TemplateSource continues its numbers when it is rewound', (t) => {
  using source = sourceOf({ udp: UDP, stamp: true }, 1, new FrameStamper(steppingClock(), 1));
  const facts: Stamp = { stream: 0, sequence: 0, seconds: 0, nanoseconds: 0 };
  for (const wanted of [0, 1, 2]) {
    source.rewind();
    t.true(source.next());
    source.stamp(0);
    t.true(readStamp(source.frame, stampOffset(source.frame), facts));
    t.is(facts.sequence, wanted);
  }
});

test('TemplateSource counts each stream of a run on its own', (t) => {
  using source = sourceOf({ udp: UDP, stamp: true }, Infinity, new FrameStamper(steppingClock(), 0xffff));
  const facts: Stamp = { stream: 0, sequence: 0, seconds: 0, nanoseconds: 0 };
  const seen = [0, 1, 1, 0, 2, 1].map((stream) => {
    t.true(source.next());
    source.stamp(stream);
    t.true(readStamp(source.frame, stampOffset(source.frame), facts));
    return [facts.stream, facts.sequence];
  });
  // Numbers of streams wrap.
  t.deepEqual(seen, [
    [0xffff, 0],
    [0, 0],
    [0, 1],
    [0xffff, 1],
    [1, 0],
    [0, 2],
  ]);
});

for (const headerBytes of [0, 10, 12, 24]) {
  test(`TemplateSource stamps copies in a store as it stamps its own frame when headers have ${headerBytes} bytes`, (t) => {
    const given = [
      { udp: UDP, size: '65', vary: ['src-port=7..9', 'src-ip=10.0.0.1..10.0.0.5'] },
      { tcp: '[fd00::1]:1000-[fd00::2]:2000', size: '201', vary: ['seq=5..8'] },
      { icmp: '10.0.0.1-10.0.0.2', size: '100', vlan: '5' },
    ] as const;
    for (const words of given) {
      const [lanes, laneFrames] = [3, 4];
      using own = sourceOf(words, 100, new FrameStamper(steppingClock(), 7));
      using stored = sourceOf(words, 100, new FrameStamper(steppingClock(), 7));
      const start = 1003;
      const bytes = new Uint8Array(start + stored.storeBytes(lanes * laneFrames, headerBytes)).fill(0xee);
      const memory = bytes.subarray(start);
      stored.storeIn({ memory, start, queue: new ByteQueue(memory), headerBytes, lanes, laneFrames });
      /** The frames of each lane that are not sent yet: where they lie, and what they are. */
      const waiting: { at: number; hex: string }[][] = [[], [], []];
      for (let number = 0; number < 100; number++) {
        t.true(own.next() && stored.next());
        t.deepEqual(stored.frame, stored.bytes.subarray(stored.start, stored.start + stored.length));
        const lane = number % 7 === 0 ? 2 : number % 2;
        own.stamp(lane);
        stored.stamp(lane);
        const hex = Buffer.from(own.frame).toString('hex');
        t.is(Buffer.from(stored.frame).toString('hex'), hex);
        bytes.fill(0xdd, stored.storedAt - headerBytes, stored.storedAt);
        waiting[lane]!.push({ at: stored.storedAt, hex });
        if (waiting[lane]!.length > laneFrames) waiting[lane]!.shift();
        for (const { at, hex: wanted } of waiting.flat())
          t.is(Buffer.from(bytes.subarray(at, at + stored.length)).toString('hex'), wanted);
      }
    }
  });
}
