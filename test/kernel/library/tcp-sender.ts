import { prepareChecksum } from '../../../src/packet/offload/checksum-preparation.js';
import { requestSegmentation } from '../../../src/packet/offload/segmentation-request.js';
import type { FrameBurst } from '../../../src/tap/memory/frame-burst.js';
import type { SegmentMemory } from '../../../src/tap/memory/segment-memory.js';
import { ReceiveLoop, type Receiver } from '../../../src/tap/queue/receive-loop.js';
import type { TapDevice } from '../../../src/tap/queue/tap-device.js';
import type { TapQueue } from '../../../src/tap/queue/tap-queue.js';
import { ACK, PSH, readTcp, SYN, SYN_OPTIONS, TCP_FRAME_HEADER_BYTES, writeTcp } from './tcp-frame.js';

/** Largest IPv4 packet with 40 bytes of headers. */
const PAYLOAD_BYTES_MAX = 65_535 - 40;
const MSS = 1460;
/** The payload of a frame is handed over in so many pieces. It lies in one piece, but the library must not rely on that. */
const PIECE_BYTES = 16_000;
const ISN = 0xffff_f000;
const PORT = 40_000;

export interface Destination {
  readonly mac: Uint8Array;
  readonly source: readonly number[];
  readonly address: readonly number[];
  readonly port: number;
}

/**
 * A TCP sender in user space: connects to a listener of the kernel through a TAP, and sends frames of up to 64 KB which
 * the kernel cuts (TSO), straight from mapped memory. It expects no loss.
 */
export class TcpSender implements Receiver, Disposable {
  /** The length in bytes of each data frame that was sent. */
  readonly frameLengths: number[] = [];
  readonly refusals: string[] = [];
  readonly #queue: TapQueue;
  readonly #burst: FrameBurst;
  readonly #headers: SegmentMemory;
  readonly #data: SegmentMemory;
  readonly #to: Destination;
  readonly #loop: ReceiveLoop;
  #theirs = 0;
  #scale = 0;
  #window = 0;
  #sent = 0;
  #acknowledged = 0;
  #connected = false;

  constructor(device: TapDevice, to: Destination, data: Uint8Array) {
    this.#queue = device.queues[0]!;
    this.#to = to;
    this.#burst = device.allocateBurst();
    this.#headers = device.mapMemory(this.#burst.framesMax * TCP_FRAME_HEADER_BYTES);
    this.#data = device.mapMemory(data.length);
    this.#data.bytes.set(data);
    this.#loop = new ReceiveLoop(device, device.queues, this);
  }

  get finished(): boolean {
    return this.#acknowledged === this.#data.bytes.length;
  }

  connect(): void {
    this.#sendBare(SYN, SYN_OPTIONS);
  }

  framesWanted(): number {
    return Number.POSITIVE_INFINITY;
  }

  onBurst(_queue: TapQueue, burst: FrameBurst): void {
    for (let index = 0; index < burst.count; index++) {
      const segment = readTcp(burst.frame(index));
      if (segment === undefined || segment.destinationPort !== PORT) continue;
      if ((segment.flags & SYN) !== 0) {
        this.#theirs = (segment.sequence + 1) >>> 0;
        this.#scale = segment.windowScale;
        this.#window = segment.window;
        this.#connected = true;
        this.#sendBare(ACK);
        continue;
      }
      this.#window = segment.window << this.#scale;
      this.#acknowledged = (segment.acknowledged - ISN - 1) >>> 0;
    }
    if (this.#connected) this.#pour();
  }

  onGone(): void {}

  [Symbol.dispose](): void {
    this.#loop[Symbol.dispose]();
    this.#burst[Symbol.dispose]();
    this.#data[Symbol.dispose]();
    this.#headers[Symbol.dispose]();
  }

  /** Sends what the peer's window has room for, a burst at a time. */
  #pour(): void {
    const { length } = this.#data.bytes;
    while (this.#sent < length) {
      this.#burst.clear();
      while (this.#sent < length && this.#burst.count < this.#burst.framesMax) {
        const room = this.#acknowledged + this.#window - this.#sent;
        const payloadBytes = Math.min(PAYLOAD_BYTES_MAX, length - this.#sent, room);
        if (payloadBytes <= 0) break;
        this.#appendData(payloadBytes);
      }
      if (this.#burst.count === 0) return;
      this.#send();
    }
  }

  #appendData(payloadBytes: number): void {
    const index = this.#burst.count;
    const start = index * TCP_FRAME_HEADER_BYTES;
    const header = this.#headers.bytes.subarray(start, start + TCP_FRAME_HEADER_BYTES);
    this.#writeHeader(header, ACK | PSH, payloadBytes);
    const segments = [header];
    const end = this.#sent + payloadBytes;
    for (let at = this.#sent; at < end; at += PIECE_BYTES)
      segments.push(this.#data.bytes.subarray(at, Math.min(at + PIECE_BYTES, end)));
    if (!this.#burst.appendSegments(segments)) throw new Error('no room');
    const frameBytes = header.length + payloadBytes;
    const facts = this.#burst.facts(index);
    const asked = requestSegmentation(header, facts, MSS, { frameBytes });
    if (!asked && !prepareChecksum(header, facts, { frameBytes })) throw new Error('not understood');
    this.frameLengths.push(frameBytes);
    this.#sent = end;
  }

  #sendBare(flags: number, options = new Uint8Array(0)): void {
    const frame = new Uint8Array(TCP_FRAME_HEADER_BYTES + options.length);
    this.#writeHeader(frame, flags, 0, options);
    this.#burst.clear();
    this.#burst.append(frame);
    prepareChecksum(this.#burst.frame(0), this.#burst.facts(0));
    this.#send();
  }

  #writeHeader(bytes: Uint8Array, flags: number, payloadBytes: number, options = new Uint8Array(0)): void {
    const { mac: destinationMac, source, address: destination, port: destinationPort } = this.#to;
    const sequence = (flags & SYN) !== 0 ? ISN : (ISN + 1 + this.#sent) >>> 0;
    writeTcp(bytes, {
      ...{ destinationMac, source, destination, sourcePort: PORT, destinationPort, sequence },
      ...{ acknowledged: this.#theirs, flags, payloadBytes, options },
    });
  }

  #send(): void {
    this.#queue.send(this.#burst);
    for (let index = 0; index < this.#burst.count; index++) {
      const refusal = this.#burst.refusal(index);
      if (refusal !== undefined) this.refusals.push(refusal);
    }
  }
}
