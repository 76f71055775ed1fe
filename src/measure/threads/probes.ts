import { addBytes, finishChecksum } from '../../packet/bytes/internet-checksum.js';
import { waitUntilReadable } from '../../sys/descriptor-wait.js';
import { InetSocket } from '../../sys/inet-socket.js';
import type { HaltWord } from './halt.js';

/** The task of a thread that measures round trips. */
export interface ProbesTask {
  readonly kind: 'probe';
  /** An IPv4 address, behind which the kernel answers. */
  readonly address: Uint8Array;
  /** How long to probe, after one round trip that is not measured because it includes ARP. */
  readonly durationMs: number;
  /** Between an answer and the next request; 0 for no pause. */
  readonly pauseMs: number;
  readonly halt: HaltWord;
}

/** The result of the probes. */
export interface Probes {
  /** Milliseconds of each round trip. */
  readonly tripsMs: readonly number[];
  /** Requests that were not answered in time. */
  readonly lost: number;
  /** Answers that came after a later request was sent. */
  readonly outOfOrder: number;
}

const ANSWER_TIMEOUT_MS = 1000;

// An echo request: type, code, checksum, identifier, sequence, then as many bytes as ping(8) sends.
const ECHO_REQUEST = 8;
const PAYLOAD_BYTES = 56;
const HEADER_BYTES = 8;
const IDENTIFIER = 0x7274;
const SEQUENCES = 0x1_0000;

/** Sends ICMP echo requests, one at a time, as ping(8) does. Blocks the thread until each answer comes. */
export function probeRoundTrips({ address, durationMs, pauseMs, halt }: ProbesTask): Probes {
  using prober = new Prober(address);
  const halted = new Int32Array(halt.word);
  prober.probe();
  const tripsMs: number[] = [];
  let lost = 0;
  const end = performance.now() + durationMs;
  while (performance.now() < end && Atomics.load(halted, 0) === 0) {
    if (pauseMs > 0) Atomics.wait(halted, 0, 0, pauseMs);
    const tripMs = prober.probe();
    if (tripMs === undefined) lost += 1;
    else tripsMs.push(tripMs);
  }
  return { tripsMs, lost, outOfOrder: prober.outOfOrder };
}

class Prober implements Disposable {
  outOfOrder = 0;
  readonly #socket: InetSocket;
  readonly #request = new Uint8Array(HEADER_BYTES + PAYLOAD_BYTES);
  readonly #view = new DataView(this.#request.buffer);
  readonly #answer = new Uint8Array(2048);
  #sequence = 0;

  constructor(address: Uint8Array) {
    this.#socket = InetSocket.icmp(address);
  }

  /** Returns the milliseconds until the answer came, or undefined if none did. */
  probe(): number | undefined {
    this.#sequence = (this.#sequence + 1) % SEQUENCES;
    const view = this.#view;
    view.setUint8(0, ECHO_REQUEST);
    view.setUint16(2, 0);
    view.setUint16(4, IDENTIFIER);
    view.setUint16(6, this.#sequence);
    view.setUint16(2, finishChecksum(addBytes(0, this.#request, 0, this.#request.length)));
    const start = performance.now();
    this.#socket.send(this.#request);
    return this.#awaitAnswer(start);
  }

  #awaitAnswer(start: number): number | undefined {
    for (;;) {
      const left = start + ANSWER_TIMEOUT_MS - performance.now();
      if (left <= 0 || !waitUntilReadable(this.#socket.fd, left)) return undefined;
      const length = this.#socket.receive(this.#answer);
      const now = performance.now();
      const sequence = sequenceOf(this.#answer, length);
      if (sequence === this.#sequence) return now - start;
      if (sequence !== undefined) this.outOfOrder += 1;
    }
  }

  [Symbol.dispose](): void {
    this.#socket[Symbol.dispose]();
  }
}

/**
 * Returns the sequence number of an echo reply to this program, or undefined for other messages. `packet` begins with
 * the IPv4 header.
 */
function sequenceOf(packet: Uint8Array, length: number): number | undefined {
  const at = ((packet[0] ?? 0) & 0x0f) * 4;
  if (length < at + HEADER_BYTES || packet[at] !== 0) return undefined;
  const view = new DataView(packet.buffer);
  return view.getUint16(at + 4) === IDENTIFIER ? view.getUint16(at + 6) : undefined;
}
