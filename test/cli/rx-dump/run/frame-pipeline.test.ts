import test from 'ava';
import { Ending } from '../../../../src/cli/rx-dump/run/ending.js';
import { FrameCounts } from '../../../../src/cli/rx-dump/run/frame-counts.js';
import { FramePipeline, type PipelineOptions } from '../../../../src/cli/rx-dump/run/frame-pipeline.js';
import { type FrameOutput, OutputChannel } from '../../../../src/cli/rx-dump/run/output-channel.js';
import type { CapturedFrame, MutableFrame } from '../../../../src/cli/rx-dump/sinks/captured-frame.js';
import type { FrameSink, ItemBuffer } from '../../../../src/cli/rx-dump/sinks/frame-sink.js';
import { parseHex } from '../../../../src/packet/bytes/hex.js';
import {
  VIRTIO_NET_HDR_F_NEEDS_CSUM,
  VIRTIO_NET_HDR_GSO_TCPV4,
  VIRTIO_NET_HDR_GSO_UDP_L4,
  VirtioNetHeader,
} from '../../../../src/packet/headers/virtio-net-header.js';

/** UDP over IPv4: 10.0.0.1:1000 to 10.0.0.2:9 with "ab" in it, and only the pseudo header in its checksum. */
const UDP = '02000000000202000000000108004500001e000000004011' + '66cb0a0000010a00000203e80009000a141e6162';
/** The checksum of pseudo header, ports, length and data, computed by hand: 0x141e + 0x03e8 + 0x0009 + 0x000a + 0x6162, inverted. */
const UDP_CHECKSUM = '8684';

/** A sink that keeps its frames. */
class KeptFrames implements FrameSink {
  readonly frames: CapturedFrame[] = [];

  write(frame: CapturedFrame, output: ItemBuffer): boolean {
    this.frames.push({ ...frame, bytes: frame.bytes.slice(), header: frame.header.slice() });
    return output.commit(10);
  }
}

/** An output that takes everything. */
const OUTPUT: FrameOutput = {
  buffer: Buffer.alloc(0),
  takenBytes: 0,
  error: undefined,
  refused: 0,
  dropped: 0,
  reserve: () => 0,
  commit: () => true,
  flush: () => {},
  flushSoon: () => {},
  drain: () => Promise.resolve(),
  onError: () => {},
  followReader: () => {},
  rotate: () => false,
  finish: () => {},
  [Symbol.dispose]: () => {},
};

function headerOf(fields: Partial<VirtioNetHeader>): Uint8Array {
  const bytes = new Uint8Array(12);
  Object.assign(new VirtioNetHeader(bytes, { littleEndian: true }), fields);
  return bytes;
}

const PARTIAL = headerOf({ flags: VIRTIO_NET_HDR_F_NEEDS_CSUM, checksumStart: 34, checksumOffset: 6 });

function frameOf(hex: string, header: Uint8Array): MutableFrame {
  const bytes = parseHex(hex);
  return {
    queue: 1,
    direction: 'outbound',
    bytes,
    originalLength: bytes.length,
    timed: true,
    seconds: 0,
    nanoseconds: 0,
    header,
    checksumFinished: false,
    interfaceId: 0,
  };
}

/** Passes `frames` through a pipeline. */
function pass(frames: readonly MutableFrame[], options: Partial<PipelineOptions> = {}) {
  const sink = new KeptFrames();
  const channel = new OutputChannel(sink, OUTPUT, 'test');
  const ending = new Ending();
  const counts = new FrameCounts();
  const pipeline = new FramePipeline([channel], ending, {
    countMax: Number.POSITIVE_INFINITY,
    snapBytes: 262_144,
    raw: false,
    segment: false,
    filter: undefined,
    observer: undefined,
    counts,
    ...options,
  });
  for (const frame of frames) pipeline.take(frame);
  pipeline.settle();
  return { ...sink, pipeline, counts, ending };
}

test('OutputChannel drains to a slow reader, and waits a limited time for one that has stopped', async (t) => {
  const reader = { waiting: 3, drains: 0 };
  const stalledFrom = (frames: number): FrameOutput => ({
    ...OUTPUT,
    get dropped() {
      return reader.waiting;
    },
    drain: async () => {
      reader.drains += 1;
      reader.waiting = Math.max(frames, reader.waiting - 1);
    },
  });
  await new OutputChannel(new KeptFrames(), stalledFrom(0), 'slow').drain(1, 60_000);
  t.deepEqual(reader, { waiting: 0, drains: 3 });
  Object.assign(reader, { waiting: 3, drains: 0 });
  await new OutputChannel(new KeptFrames(), stalledFrom(2), 'stalled').drain(1, 60_000);
  t.deepEqual(reader, { waiting: 2, drains: 2 });
  await new OutputChannel(new KeptFrames(), stalledFrom(0), 'late').drain(1, 0);
  t.deepEqual(reader, { waiting: 1, drains: 3 });
  Object.assign(reader, { waiting: 3, drains: 0 });
  const hurried = new OutputChannel(new KeptFrames(), stalledFrom(0), 'hurried');
  hurried.patient = false;
  await hurried.drain(1, 60_000);
  t.deepEqual(reader, { waiting: 2, drains: 1 });
});

test('OutputChannel counts the bytes that the output took since the count was restarted', (t) => {
  let takenBytes = 7;
  const output: FrameOutput = {
    ...OUTPUT,
    get takenBytes() {
      return takenBytes;
    },
    commit: (byteCount) => {
      takenBytes += byteCount;
      return true;
    },
  };
  const channel = new OutputChannel(new KeptFrames(), output, 'test');
  channel.restartCount();
  for (const expected of [10, 20]) {
    channel.write(frameOf(UDP, PARTIAL));
    t.is(channel.byteCount, expected);
  }
});

const checksumOf = ({ bytes }: CapturedFrame) => Buffer.from(bytes.subarray(40, 42)).toString('hex');

test('FramePipeline finishes a partial checksum, and marks the frame', (t) => {
  const { frames } = pass([frameOf(UDP, PARTIAL)]);
  t.is(checksumOf(frames[0]!), UDP_CHECKSUM);
  t.true(frames[0]!.checksumFinished);
  t.deepEqual(frames[0]!.header, PARTIAL);
});

test('FramePipeline leaves a checksum when it is raw, finished, not partial, cut off, or out of the frame', (t) => {
  const outside = headerOf({ flags: VIRTIO_NET_HDR_F_NEEDS_CSUM, checksumStart: 40, checksumOffset: 6 });
  const cut = { ...frameOf(UDP, PARTIAL), originalLength: 100 };
  const done = { ...frameOf(UDP, PARTIAL), checksumFinished: true };
  const none = [new Uint8Array(), new Uint8Array(12), outside].map((header) => frameOf(UDP, header));
  for (const { frames } of [pass([frameOf(UDP, PARTIAL)], { raw: true }), pass([cut]), pass(none)]) {
    for (const frame of frames) t.deepEqual([checksumOf(frame), frame.checksumFinished], ['141e', false]);
  }
  t.deepEqual([checksumOf(pass([done]).frames[0]!), done.checksumFinished], ['141e', true]);
});

test('FramePipeline counts offered and captured frames, and ends the run after the last one wanted', (t) => {
  const seen: string[] = [];
  const filter = { accepts: (bytes: Uint8Array) => bytes[0] === 2 };
  const observer = { observe: (frame: CapturedFrame) => seen.push(checksumOf(frame)) };
  const other = UDP.replace(/^02/, '06');
  const input = [UDP, other, UDP].map((hex) => frameOf(hex, PARTIAL));
  const { pipeline, counts, ending, frames } = pass(input, { filter, observer, countMax: 3 });
  t.deepEqual([counts.offered, counts.captured, counts.written, pipeline.wanted], [3, 2, 2, 1]);
  t.is(ending.reason, undefined);
  t.is(frames.length, 2);
  t.deepEqual(seen, [UDP_CHECKSUM, UDP_CHECKSUM]);
  t.is(pass(input.slice(0, 1), { countMax: 1 }).ending.reason, 'count');
});

test('FramePipeline cuts frames at the snapshot length when their checksums are finished', (t) => {
  const [frame] = pass([frameOf(UDP, PARTIAL)], { snapBytes: 42 }).frames;
  t.deepEqual([frame!.bytes.length, frame!.originalLength, checksumOf(frame!)], [42, 44, UDP_CHECKSUM]);
});

test('FramePipeline segments only the frames that are to be cut', (t) => {
  const uso = headerOf({
    flags: VIRTIO_NET_HDR_F_NEEDS_CSUM,
    gsoType: VIRTIO_NET_HDR_GSO_UDP_L4,
    gsoBytes: 1,
    checksumStart: 34,
    checksumOffset: 6,
  });
  const { frames, counts } = pass([frameOf(UDP, uso), frameOf(UDP, PARTIAL)], { segment: true });
  t.deepEqual([counts.captured, counts.written], [2, 3]);
  t.deepEqual(
    frames.map(({ bytes, originalLength, header, queue }) => [
      bytes.length,
      originalLength,
      header.length,
      queue,
    ]),
    [
      [43, 43, 0, 1],
      [43, 43, 0, 1],
      [44, 44, 12, 1],
    ],
  );
  t.deepEqual(
    frames.map(({ bytes }) => bytes[42]),
    [0x61, 0x62, 0x61],
  );
  // With a header of another kind of frame the frame stays whole.
  const wrong = headerOf({ gsoType: VIRTIO_NET_HDR_GSO_TCPV4, gsoBytes: 1 });
  t.is(pass([frameOf(UDP, wrong)], { segment: true }).frames[0]!.bytes.length, 44);
});
