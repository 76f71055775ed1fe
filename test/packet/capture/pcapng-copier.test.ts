import test from 'ava';
import { QUEUE_UNKNOWN } from '../../../src/packet/capture/capture-record.js';
import { encodePcapRecord, PcapCopier, pcapRecordSizeMax } from '../../../src/packet/capture/pcap-writer.js';
import { PcapngCopier } from '../../../src/packet/capture/pcapng-copier.js';
import { PcapngWriter } from '../../../src/packet/capture/pcapng-writer.js';
import type { PlacedFrame, PlacedMemory } from '../../../src/packet/capture/placed-frame.js';

/** Where the virtio-net header of a placed frame begins, and its frame. Bytes. */
const HEADER = 4;
const FRAME = 16;
const LENGTHS = [0, 1, 2, 3, 4, 60, 61, 64, 511, 512, 513, 767, 768, 769, 1514, 2000];

/** Memory that is full of other bytes, with a virtio-net header and a frame of `length` bytes. */
function memoryWith(length: number): PlacedMemory {
  const bytes = new Uint8Array(2100).fill(0xee);
  for (let at = 0; at < 12; at++) bytes[HEADER + at] = at + 0x31;
  for (let at = 0; at < length; at++) bytes[FRAME + at] = (at * 7 + 1) & 0xff;
  return { bytes, halves: new Uint16Array(bytes.buffer), words: new Int32Array(bytes.buffer) };
}

function placed(length: number, more: Partial<PlacedFrame> = {}): PlacedFrame {
  return {
    memory: memoryWith(length),
    word: FRAME / 4,
    length,
    headerHalf: HEADER / 2,
    headerBytes: 10,
    checksumFinished: false,
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
    frame: frame.memory.bytes.subarray(FRAME, FRAME + frame.length),
    capturedLength: frame.length,
    originalLength: frame.originalLength,
    direction: frame.outbound ? 'outbound' : 'inbound',
    queue: frame.queue,
    virtioNetHeader: frame.memory.bytes.subarray(HEADER, HEADER + frame.headerBytes),
    checksumFinished: frame.checksumFinished,
  });
  return target.slice(0, 8 + size);
}

function copied(frame: PlacedFrame): Uint8Array {
  const target = new Uint8Array(4000).fill(0xaa);
  const size = PcapngCopier.into(target)!.packet(8, frame);
  return target.slice(0, 8 + size);
}

test('PcapngCopier writes what PcapngWriter writes', (t) => {
  for (const length of LENGTHS) {
    t.deepEqual(copied(placed(length)), written(placed(length)), `${length} bytes`);
  }
  const others: Partial<PlacedFrame>[] = [
    { outbound: false },
    { queue: QUEUE_UNKNOWN },
    { headerBytes: 0 },
    { headerBytes: 12 },
    { checksumFinished: true },
    { headerBytes: 12, checksumFinished: true, queue: QUEUE_UNKNOWN },
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

test('PcapngCopier copies frames of all lengths from the same place', (t) => {
  const target = new Uint8Array(4000);
  const copier = PcapngCopier.into(target)!;
  const memory = memoryWith(2000);
  for (const length of [...LENGTHS, ...[...LENGTHS].reverse()]) {
    const frame = placed(length, { memory });
    const size = copier.packet(8, frame);
    t.deepEqual(target.slice(8, 8 + size), written(frame).slice(8), `${length} bytes`);
  }
});

test('PcapngCopier tells memories apart whose frames have the same place', (t) => {
  const target = new Uint8Array(4000);
  const copier = PcapngCopier.into(target)!;
  for (const first of [1, 2, 1]) {
    const frame = placed(2000);
    frame.memory.bytes[FRAME] = first;
    const size = copier.packet(8, frame);
    t.deepEqual(target.slice(8, 8 + size), written(frame).slice(8));
  }
});

test('PcapCopier writes what encodePcapRecord writes, at any offset', (t) => {
  for (const offset of [0, 1, 2, 3, 8]) {
    for (const length of LENGTHS) {
      const frame = placed(length, { originalLength: 70_000 });
      const { seconds, nanoseconds, memory } = frame;
      const expected = new Uint8Array(4000).fill(0xaa);
      const bytes = memory.bytes.subarray(FRAME, FRAME + length);
      const size = encodePcapRecord(expected, offset, seconds, nanoseconds, bytes, length, 70_000);
      const target = new Uint8Array(4000).fill(0xaa);
      t.is(new PcapCopier(target).record(offset, frame), size);
      t.deepEqual(target.subarray(0, offset + size), expected.subarray(0, offset + size), `${length} bytes`);
      const end = offset + pcapRecordSizeMax(length);
      t.deepEqual(target.subarray(end), expected.subarray(end), 'nothing behind the room is written');
    }
  }
});
