import { readStamp, type Stamp } from '../../../packet/generate/stamp.js';
import { stampOffset } from '../../../packet/generate/stamp-place.js';
import type { CapturedFrame } from '../sinks/captured-frame.js';
import { describeVerification, verificationJson } from './verification-report.js';
import { VerifiedQueue } from './verified-queue.js';
import { VerifiedStream } from './verified-stream.js';

const NANOSECONDS = 1e9;

/** More queues than a TAP has. A capture can name more: they count as the last one. */
const QUEUES_MAX = 257;
/** Most runs that are counted separately. Each takes 130 KiB. */
const STREAMS_MAX = 64;

/**
 * Finds loss, disorder, duplicates and latency of stamped frames (`tx-inject --stamp`). Its memory does not grow with
 * their number: it finds duplicates among the last WINDOW_NUMBERS of a run. Loss is counted over all queues together,
 * since a run numbers its frames before the kernel spreads them. Order is checked within each queue.
 */
export class Verification {
  readonly #streams = new Map<number, VerifiedStream>();
  readonly #queues = new Map<number, VerifiedQueue>();
  readonly #stamp: Stamp = { stream: 0, sequence: 0, seconds: 0, nanoseconds: 0 };
  /** Packets that the kernel dropped during the run; null if that is unknown, as for a saved capture. */
  missed: number | null = null;
  #foreign = 0;
  #unfollowed = 0;

  /** Takes a frame into account. */
  observe(frame: CapturedFrame): void {
    const stamp = this.#stamp;
    if (!readStamp(frame.bytes, stampOffset(frame.bytes), stamp)) {
      this.#foreign += 1;
      return;
    }
    const stream = this.#streams.get(stamp.stream) ?? this.#addStream(stamp.stream);
    if (stream === undefined) {
      this.#unfollowed += 1;
      return;
    }
    const queue = this.#queues.get(frame.queue) ?? this.#addQueue(frame.queue);
    stream.observe(stamp.sequence, queue);
    queue.latency.record(
      (frame.seconds - stamp.seconds) * NANOSECONDS + (frame.nanoseconds - stamp.nanoseconds),
    );
  }

  /** In the order of their numbers. */
  get streams(): readonly VerifiedStream[] {
    return [...this.#streams.values()].sort((a, b) => a.stream - b.stream);
  }

  /** In the order of their numbers. */
  get queues(): readonly VerifiedQueue[] {
    return [...new Set(this.#queues.values())].sort((a, b) => a.queue - b.queue);
  }

  /** Frames without a stamp. */
  get foreign(): number {
    return this.#foreign;
  }

  /** Frames of streams beyond those that are counted separately. */
  get unfollowed(): number {
    return this.#unfollowed;
  }

  /**
   * Whether stamped frames came, each once and in order, and none is lost. A packet that the kernel dropped may have been
   * the last one of a run, so there must be none either.
   */
  get faultless(): boolean {
    if (this.#streams.size === 0 || this.#unfollowed > 0 || (this.missed ?? 0) > 0) return false;
    for (const { sequence } of this.#streams.values()) if (sequence.lost > 0) return false;
    for (const queue of this.#queues.values()) if (queue.outOfOrder > 0 || queue.duplicates > 0) return false;
    return true;
  }

  /** The result as lines of text. */
  lines(): string[] {
    return describeVerification(this);
  }

  /** The result as an object. */
  json(): Readonly<Record<string, unknown>> {
    return verificationJson(this);
  }

  #addStream(number: number): VerifiedStream | undefined {
    if (this.#streams.size === STREAMS_MAX) return undefined;
    const stream = new VerifiedStream(number, QUEUES_MAX);
    this.#streams.set(number, stream);
    return stream;
  }

  #addQueue(number: number): VerifiedQueue {
    const known = this.queues;
    const last = known.length >= QUEUES_MAX ? known.find(({ index }) => index === QUEUES_MAX - 1) : undefined;
    const queue = last ?? new VerifiedQueue(number, known.length);
    // A capture may name any number of queues: the map keeps at most QUEUES_MAX.
    if (last === undefined) this.#queues.set(number, queue);
    return queue;
  }
}
