import { readStamp, type Stamp } from '../../../packet/generate/stamp.js';
import { stampOffset } from '../../../packet/generate/stamp-place.js';
import type { CapturedFrame } from '../sinks/captured-frame.js';
import { FlowTable, NO_FLOW } from './flow-table.js';
import { describeVerification, verificationJson } from './verification-report.js';
import { flowName, VerifiedFlow } from './verified-flow.js';
import { VerifiedQueue } from './verified-queue.js';
import { VerifiedStream } from './verified-stream.js';

const NANOSECONDS = 1e9;

/** More queues than a TAP has. A capture can name more: they count as the last one. */
const QUEUES_MAX = 257;
/** Most streams that are counted separately: those of two runs over all queues. Each takes 130 KiB once it comes. */
const STREAMS_MAX = 512;
/** Streams have numbers of 16 bits. */
const STREAM_BITS = 16;

/**
 * Finds loss, disorder, duplicates and latency of stamped frames (`tx-inject --stamp`). Its memory does not grow with
 * their number: it finds duplicates among the last WINDOW_NUMBERS of a stream. Loss is counted over all queues together,
 * since a stream numbers its frames before the kernel spreads them. Order is checked within each flow of a stream in a
 * queue: a network keeps no other. Frames of more than FLOWS_MAX flows are checked within their queue.
 */
export class Verification {
  readonly #streams = new Map<number, VerifiedStream>();
  readonly #queues = new Map<number, VerifiedQueue>();
  readonly #stamp: Stamp = { stream: 0, sequence: 0, seconds: 0, nanoseconds: 0 };
  /** Packets that the kernel dropped during the run; null if that is unknown, as for a saved capture. */
  missed: number | null = null;
  readonly #flowTable = new FlowTable();
  /** By the slots of their flows; undefined if no results of flows are wanted. */
  readonly #flows: Map<number, VerifiedFlow> | undefined;
  #foreign = 0;
  #unfollowed = 0;

  /** With `flows`, it keeps results of each flow. */
  constructor({ flows = false }: { readonly flows?: boolean } = {}) {
    this.#flows = flows ? new Map() : undefined;
  }

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
    const slot = this.#flowTable.find(frame.bytes, (queue.index << STREAM_BITS) | stamp.stream);
    const fate = stream.observe(stamp.sequence, queue, this.#flowTable, slot);
    const latency = (frame.seconds - stamp.seconds) * NANOSECONDS + (frame.nanoseconds - stamp.nanoseconds);
    queue.latency.record(latency);
    if (this.#flows === undefined || slot === NO_FLOW) return;
    const flow = this.#flows.get(slot) ?? this.#addFlow(this.#flows, slot, frame);
    flow.observe(latency, fate.outOfOrder, fate.arrival === 'duplicate');
  }

  /** In the order in which they came; empty unless they are wanted. */
  get flows(): readonly VerifiedFlow[] {
    return [...(this.#flows?.values() ?? [])];
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

  #addFlow(flows: Map<number, VerifiedFlow>, slot: number, { bytes, queue }: CapturedFrame): VerifiedFlow {
    const flow = new VerifiedFlow(flowName(bytes, this.#flowTable.flow), this.#stamp.stream, queue);
    flows.set(slot, flow);
    return flow;
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
