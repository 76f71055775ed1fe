import test from 'ava';
import { QUEUE_UNKNOWN } from '../../../src/packet/capture/capture-record.js';
import { PcapngCopier, type PlacedFrame } from '../../../src/packet/capture/pcapng-copier.js';
import { PcapngWriter } from '../../../src/packet/capture/pcapng-writer.js';

const EMPTY_HEADER = new Uint8Array(10);

/** A frame of `length` bytes at word 3 of memory that is full of other bytes. */
function placed(length: number, more: Partial<PlacedFrame> = {}): PlacedFrame {
  const bytes = new Uint8Array(2100).fill(0xee);
  for (let at = 0; at < length; at++) bytes[12 + at] = (at * 7 + 1) & 0xff;
  return {
    words: new Int32Array(bytes.buffer),
    word: 3,
    length,
    originalLength: length,
    seconds: 1_796_077_325,
    nanoseconds: 340_776_479,
    outbound: true,
    queue: 2,
    ...more,
  };
}

function written(frame: PlacedFrame): Uint8Array {
  const target = new Uint8Array(4000).fill(0xaa);
  const size = new PcapngWriter(target).packet(8, {
    interfaceId: 0,
    seconds: frame.seconds,
    nanoseconds: frame.nanoseconds,
    frame: new Uint8Array(frame.words.buffer, frame.word * 4, frame.length),
    capturedLength: frame.length,
    originalLength: frame.originalLength,
    direction: frame.outbound ? 'outbound' : 'inbound',
    queue: frame.queue,
    virtioNetHeader: EMPTY_HEADER,
    checksumFinished: false,
  });
  return target.slice(0, 8 + size);
}

function copied(frame: PlacedFrame): Uint8Array {
  const target = new Uint8Array(4000).fill(0xaa);
  const size = PcapngCopier.into(target)!.packet(8, frame);
  return target.slice(0, 8 + size);
}

test('PcapngCopier writes what PcapngWriter writes', (t) => {
  for (const length of [0, 1, 2, 3, 4, 60, 61, 64, 511, 512, 513, 1514, 2000]) {
    t.deepEqual(copied(placed(length)), written(placed(length)), `${length} bytes`);
  }
  const others: Partial<PlacedFrame>[] = [
    { outbound: false },
    { queue: QUEUE_UNKNOWN },
    { originalLength: 65_000 },
    { seconds: 0, nanoseconds: 0 },
    { seconds: 4, nanoseconds: 999_999_999 },
    { seconds: 4_294_967_295, nanoseconds: 999_999_999 },
  ];
  for (const more of others)
    t.deepEqual(copied(placed(61, more)), written(placed(61, more)), JSON.stringify(more));
});

test('PcapngCopier keeps the time of each frame when the second changes and its low half overflows', (t) => {
  const target = new Uint8Array(4000);
  const copier = PcapngCopier.into(target)!;
  for (let step = 0; step < 40; step++) {
    const frame = placed(20, {
      seconds: 1_796_077_325 + step,
      nanoseconds: (step * 97_000_001) % 1_000_000_000,
    });
    const size = copier.packet(8, frame);
    t.deepEqual(target.slice(8, 8 + size), written(frame).slice(8));
  }
});

test('PcapngCopier needs a target that begins at a multiple of four', (t) => {
  t.is(PcapngCopier.into(new Uint8Array(100).subarray(2)), undefined);
  t.truthy(PcapngCopier.into(new Uint8Array(100).subarray(4)));
});
