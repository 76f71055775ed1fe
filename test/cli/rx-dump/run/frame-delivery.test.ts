import test from 'ava';
import { Ending } from '../../../../src/cli/rx-dump/run/ending.js';
import { FrameCounts } from '../../../../src/cli/rx-dump/run/frame-counts.js';
import { FrameDelivery } from '../../../../src/cli/rx-dump/run/frame-delivery.js';
import { FramePipeline } from '../../../../src/cli/rx-dump/run/frame-pipeline.js';
import { type FrameOutput, OutputChannel } from '../../../../src/cli/rx-dump/run/output-channel.js';
import type { CaptureSink } from '../../../../src/cli/rx-dump/sinks/frame-sink.js';
import { PcapSink } from '../../../../src/cli/rx-dump/sinks/pcap-sink.js';
import { PcapngSink } from '../../../../src/cli/rx-dump/sinks/pcapng-sink.js';
import { FrameArena } from '../../../../src/tap/memory/frame-arena.js';
import { FrameBurst } from '../../../../src/tap/memory/frame-burst.js';
import { SlotLayout } from '../../../../src/tap/memory/slot-layout.js';
import type { TapQueue } from '../../../../src/tap/queue/tap-queue.js';

const SNAP_BYTES = 262_144;
const LENGTHS = [14, 15, 60, 61, 62, 63, 64, 255, 256, 257, 300, 640, 1513, 1514, 9000, 65_539, 60, 1514];

/** An output that keeps what it is given. The first item begins at byte `start`. */
class KeptOutput {
  readonly buffer = Buffer.alloc(1_000_000, 0xaa);
  #at: number;

  constructor(start: number) {
    this.#at = start;
  }

  get bytes(): Buffer {
    return this.buffer.subarray(0, this.#at);
  }

  reserve(): number {
    return this.#at;
  }

  commit(byteCount: number): boolean {
    this.#at += byteCount;
    return true;
  }

  flushSoon(): void {}
}

interface Delivered {
  readonly sink: CaptureSink;
  readonly headerBytes: number;
  readonly segmentBytes?: number;
  readonly snapBytes?: number;
  readonly raw?: boolean;
  /** Where the output begins. */
  readonly start?: number;
}

/** A burst of frames: every third has an unfinished checksum, and every fourth a header that says something else. */
function fillBurst(burst: FrameBurst): void {
  for (const [index, length] of LENGTHS.entries()) {
    burst.setReceived(index, index, length);
    const frame = burst.offsets[index]!;
    if (burst.chainCounts[index] === 0)
      for (let at = 0; at < length; at++) burst.bytes[frame + at] = (at * 31 + index) & 0xff;
    if (burst.headerBytes === 0) continue;
    burst.bytes.fill(0, frame - burst.headerBytes, frame);
    const header = frame - burst.headerBytes;
    if (index % 3 === 0) burst.bytes.set([1, 0, 0, 0, 0, 0, 14, 0, 6, 0], header);
    if (index % 4 === 0) burst.bytes.set([2, 1, 54, 0, 0xb4, 5], header);
    if (burst.headerBytes >= 12) burst.bytes[header + 10] = 1;
  }
  burst.setCount(LENGTHS.length);
}

/** What the sink makes of a burst, in one step or frame by frame. */
function deliver(isCopied: boolean, { sink, headerBytes, ...options }: Delivered): Buffer {
  const { segmentBytes, snapBytes = SNAP_BYTES, raw = false, start = 0 } = options;
  using arena = FrameArena.open(1, 32, new SlotLayout(segmentBytes === undefined ? {} : { segmentBytes }));
  using burst = new FrameBurst(arena, headerBytes);
  fillBurst(burst);
  burst.seconds = 1_796_077_325;
  burst.nanoseconds = 999_999_999;
  const output = new KeptOutput(start);
  const used = isCopied ? sink : { write: sink.write.bind(sink) };
  const channel = new OutputChannel(used, output as unknown as FrameOutput, 'kept');
  const counts = new FrameCounts();
  const more = { countMax: Number.POSITIVE_INFINITY, segment: false, filter: undefined, observer: undefined };
  const ending = new Ending();
  const pipeline = new FramePipeline([channel], ending, { ...more, snapBytes, raw, counts });
  new FrameDelivery(pipeline, ending, { queues: [3], counts }).onBurst({ number: 3 } as TapQueue, burst);
  return Buffer.from(output.bytes);
}

const SINKS: Readonly<Record<string, () => CaptureSink>> = {
  pcapng: () => new PcapngSink([{ name: 'io0' }], 'rtap', SNAP_BYTES),
  pcap: () => new PcapSink(SNAP_BYTES),
};

for (const [name, makeSink] of Object.entries(SINKS)) {
  test(`FrameDelivery writes the same ${name} in one step as frame by frame`, (t) => {
    const cases: readonly Omit<Delivered, 'sink'>[] = [
      ...[0, 10, 11, 12, 16, 24].map((headerBytes) => ({ headerBytes })),
      { headerBytes: 10, raw: true },
      { headerBytes: 10, snapBytes: 61 },
      { headerBytes: 12, snapBytes: 300 },
      { headerBytes: 10, segmentBytes: 1024 },
      { headerBytes: 10, start: 1 },
      { headerBytes: 12, start: 2 },
    ];
    for (const one of cases) {
      const copied = deliver(true, { ...one, sink: makeSink() });
      const expected = deliver(false, { ...one, sink: makeSink() });
      t.is(Buffer.compare(copied, expected), 0, JSON.stringify(one));
      t.true(copied.length > LENGTHS.length * 16);
    }
  });
}
