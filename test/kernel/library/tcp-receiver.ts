import { prepareChecksum } from '../../../src/packet/offload/checksum-preparation.js';
import { type ChecksumState, checksumState } from '../../../src/packet/offload/checksum-state.js';
import type { FrameBurst } from '../../../src/tap/memory/frame-burst.js';
import { ReceiveLoop, type Receiver } from '../../../src/tap/queue/receive-loop.js';
import type { TapDevice } from '../../../src/tap/queue/tap-device.js';
import type { TapQueue } from '../../../src/tap/queue/tap-queue.js';
import { ACK, CWR, ECE, FIN, readTcp, SYN, SYN_OPTIONS, type TcpSegment, writeTcp } from './tcp-frame.js';

/** What the virtio-net header of a data frame says. */
export interface ReceivedHeader {
  readonly frameBytes: number;
  readonly segments: number;
  readonly checksum: ChecksumState;
  readonly gsoType: number;
  readonly gsoBytes: number;
  readonly flags: number;
}

export interface TcpReceiverOptions {
  readonly port: number;
  readonly mac: Uint8Array;
  /** After so many bytes, it reports congestion on the way (ECE), if the sender agreed on ECN. */
  readonly congestionAtBytes?: number;
}

/**
 * A TCP server in user space: takes one connection of the kernel's through a TAP, acknowledges all of it, and keeps the
 * bytes and what the virtio-net headers said.
 */
export class TcpReceiver implements Receiver, Disposable {
  readonly frames: ReceivedHeader[] = [];
  readonly #chunks: Uint8Array[] = [];
  readonly #queue: TapQueue;
  readonly #replies: FrameBurst;
  readonly #loop: ReceiveLoop;
  readonly #options: TcpReceiverOptions;
  #next = 0;
  #bytes = 0;
  #ecn = false;
  #congestion = false;
  #ended = false;

  constructor(device: TapDevice, options: TcpReceiverOptions) {
    this.#queue = device.queues[0]!;
    this.#options = options;
    this.#replies = device.allocateBurst();
    this.#loop = new ReceiveLoop(device, device.queues, this);
  }

  /** The sender has closed its side. */
  get ended(): boolean {
    return this.#ended;
  }

  get bytes(): Buffer {
    return Buffer.concat(this.#chunks);
  }

  framesWanted(): number {
    return Number.POSITIVE_INFINITY;
  }

  onBurst(_queue: TapQueue, burst: FrameBurst): void {
    for (let index = 0; index < burst.count; index++) {
      const frame = burst.frame(index);
      const segment = readTcp(frame);
      if (segment?.destinationPort !== this.#options.port) continue;
      if (segment.payload.length > 0) this.#note(burst, index, segment);
      this.#take(segment, frame);
    }
  }

  onGone(): void {}

  [Symbol.dispose](): void {
    this.#loop[Symbol.dispose]();
    this.#replies[Symbol.dispose]();
  }

  #note(burst: FrameBurst, index: number, { flags }: TcpSegment): void {
    const facts = burst.facts(index);
    const { gsoType, gsoBytes } = facts;
    const frameBytes = burst.lengths[index]!;
    const segments = burst.segmentCount(index);
    this.frames.push({ frameBytes, segments, checksum: checksumState(facts), gsoType, gsoBytes, flags });
  }

  #take(segment: TcpSegment, frame: Uint8Array): void {
    const { flags, sequence, payload } = segment;
    if ((flags & SYN) !== 0) {
      this.#next = (sequence + 1) >>> 0;
      this.#ecn = (flags & (ECE | CWR)) === (ECE | CWR);
      this.#reply(segment, frame, SYN | ACK | (this.#ecn ? ECE : 0));
      return;
    }
    if (sequence !== this.#next) return;
    if ((flags & CWR) !== 0) this.#congestion = false;
    this.#chunks.push(Uint8Array.from(payload));
    this.#next = (this.#next + payload.length + (flags & FIN)) >>> 0;
    const before = this.#bytes;
    this.#bytes += payload.length;
    const { congestionAtBytes = Number.POSITIVE_INFINITY } = this.#options;
    if (this.#ecn && before < congestionAtBytes && this.#bytes >= congestionAtBytes) this.#congestion = true;
    if ((flags & FIN) !== 0) this.#ended = true;
    if (payload.length > 0 || (flags & FIN) !== 0)
      this.#reply(segment, frame, ACK | (flags & FIN) | (this.#congestion ? ECE : 0));
  }

  #reply(to: TcpSegment, frame: Uint8Array, flags: number): void {
    const options = (flags & SYN) !== 0 ? SYN_OPTIONS : new Uint8Array(0);
    const answer = new Uint8Array(54 + options.length);
    writeTcp(answer, {
      destinationMac: this.#options.mac,
      source: [...frame.subarray(30, 34)],
      destination: [...frame.subarray(26, 30)],
      sourcePort: to.destinationPort,
      destinationPort: to.sourcePort,
      sequence: (flags & SYN) !== 0 ? 1000 : 1001,
      acknowledged: this.#next,
      ...{ flags, options },
    });
    this.#replies.clear();
    this.#replies.append(answer);
    prepareChecksum(this.#replies.frame(0), this.#replies.facts(0));
    this.#queue.send(this.#replies);
  }
}
