import { openSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { OutputWriter } from '../../src/cli/output/output-writer.js';
import { Ending } from '../../src/cli/rx-dump/run/ending.js';
import { FrameCounts } from '../../src/cli/rx-dump/run/frame-counts.js';
import { FrameDelivery } from '../../src/cli/rx-dump/run/frame-delivery.js';
import { FramePipeline } from '../../src/cli/rx-dump/run/frame-pipeline.js';
import { OutputChannel } from '../../src/cli/rx-dump/run/output-channel.js';
import { PcapSink } from '../../src/cli/rx-dump/sinks/pcap-sink.js';
import { PcapngSink } from '../../src/cli/rx-dump/sinks/pcapng-sink.js';
import { WatchedDelivery } from '../../src/cli/sniff/watched-delivery.js';
import { CAPTURED_LENGTH_MAX } from '../../src/packet/capture/pcap-format.js';
import type { FrameBurst } from '../../src/tap/memory/frame-burst.js';
import type { TapDevice } from '../../src/tap/queue/tap-device.js';
import type { TapQueue } from '../../src/tap/queue/tap-queue.js';
import { FrameWatch } from '../../src/tap/watch/frame-watch.js';
import { UNICAST_FRAME } from './frame.js';

/** The file is emptied after so many frames: it would fill the disk. */
const FRAMES_KEPT = 100_000;
/** Bursts that are sent before the program looks at the ring: all of them fit. */
const BURSTS_WATCHED = 64;
const FRAME_BYTES_MAX = 1514;

/** Frames of lengths that do not repeat soon: 60 to 1,514 bytes, 37 bytes apart and around again. */
const FRAMES: readonly Uint8Array[] = Array.from({ length: 1000 }, (_, number) => {
  const frame = new Uint8Array(60 + ((number * 37) % (FRAME_BYTES_MAX - 59)));
  frame.set(UNICAST_FRAME.subarray(0, 14));
  return frame;
});

let next = 0;

/** Sends a burst of frames of many lengths. Returns how many the kernel took. */
function sendVarying(queue: TapQueue, burst: FrameBurst): number {
  burst.clear();
  while (burst.append(FRAMES[next]!)) next = (next + 1) % FRAMES.length;
  return queue.send(burst);
}

/** The end of a run with -w: what frames go through, and a file. */
class CaptureEnd implements Disposable {
  readonly pipeline: FramePipeline;
  readonly ending = new Ending();
  readonly counts = new FrameCounts();
  readonly #path = join(tmpdir(), `rtap-capture-loop-${process.pid}`);
  readonly #output = new OutputWriter(openSync(this.#path, 'w'), true);
  #written = 0;

  constructor(isPcap: boolean) {
    const sink = isPcap
      ? new PcapSink(CAPTURED_LENGTH_MAX)
      : new PcapngSink([{ name: 'loop0' }], 'rtap', CAPTURED_LENGTH_MAX);
    const channel = new OutputChannel(sink, this.#output, this.#path);
    this.pipeline = new FramePipeline([channel], this.ending, {
      countMax: Number.POSITIVE_INFINITY,
      snapBytes: CAPTURED_LENGTH_MAX,
      raw: false,
      segment: false,
      filter: undefined,
      observer: undefined,
      counts: this.counts,
    });
  }

  /** Goes on in an empty file, if enough was written. */
  empty(): void {
    if (this.counts.written < this.#written + FRAMES_KEPT) return;
    this.#written = this.counts.written;
    this.#output.finish();
    this.#output.continueIn(() => openSync(this.#path, 'w'));
    if (this.#output.error !== undefined) throw this.#output.error;
  }

  [Symbol.dispose](): void {
    try {
      this.#output[Symbol.dispose]();
    } finally {
      rmSync(this.#path);
    }
  }
}

/** The loop of `rx-dump -w`: `from` sends frames of many lengths, and the capture takes them out of `to`. */
export async function withCapture(
  from: TapDevice,
  to: TapDevice,
  isPcap: boolean,
  measure: (prepare: (frames: number) => () => void) => Promise<void>,
): Promise<void> {
  using outgoing = from.allocateBurst();
  using incoming = to.allocateBurst();
  using end = new CaptureEnd(isPcap);
  const queue = to.queues[0]!;
  const delivery = new FrameDelivery(end.pipeline, end.ending, { queues: [0], counts: end.counts });
  await measure((frames) => () => {
    for (let received = 0; received < frames; ) {
      sendVarying(from.queues[0]!, outgoing);
      for (let waiting = 1; waiting > 0; received += waiting) {
        waiting = queue.receive(incoming);
        if (waiting > 0) delivery.onBurst(queue, incoming);
      }
      end.empty();
    }
  });
}

/** The loop of `sniff -w`: `from` sends frames of many lengths, and the watch of the same device sees them. */
export async function withWatch(
  from: TapDevice,
  measure: (prepare: (frames: number) => () => Promise<void>) => Promise<void>,
): Promise<void> {
  using outgoing = from.allocateBurst();
  using watch = FrameWatch.open(from.name, { direction: 'in' });
  using bursts = watch.bursts();
  using end = new CaptureEnd(false);
  const delivery = new WatchedDelivery(end.pipeline);
  await measure((frames) => async () => {
    for (let seen = 0; seen < frames; end.empty()) {
      let sent = 0;
      for (let burst = 0; burst < BURSTS_WATCHED; burst++) sent += sendVarying(from.queues[0]!, outgoing);
      for (let left = sent; left > 0; ) {
        const { value } = await bursts.next();
        left -= value!.count;
        delivery.take(value!);
      }
      seen += sent;
    }
  });
}
