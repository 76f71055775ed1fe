import { addBytes, finishChecksum } from '../../packet/bytes/internet-checksum.js';
import { waitUntilReadable } from '../../sys/descriptor-wait.js';
import { InetSocket } from '../../sys/inet-socket.js';
import type { HaltWord } from './halt.js';

/** What a thread that measures round trips is told. */
export interface ProbesTask {
  readonly kind: 'probe';
  /** Of IPv4: the kernel behind it answers. */
  readonly address: Uint8Array;
  /** Ask for so long, after one round trip that is not measured (somebody asks for addresses). */
  readonly durationMs: number;
  /** Between an answer and the next question; 0 for none. */
  readonly pauseMs: number;
  readonly halt: HaltWord;
}

/** What came of them. */
export interface Probes {
  /** Milliseconds of each round trip. */
  readonly tripsMs: readonly number[];
  /** Asked, and not answered in time. */
  readonly lost: number;
  /** Answers that came after a later question was asked. */
  readonly outOfOrder: number;
}

const ANSWER_TIMEOUT_MS = 1000;

// An echo request: type, code, checksum, identifier, sequence, then the bytes of ping(8).
const ECHO_REQUEST = 8;
const PAYLOAD_BYTES = 56;
const HEADER_BYTES = 8;
const IDENTIFIER = 0x7274;
const SEQUENCES = 0x1_0000;

/** Asks with ICMP echo requests, one at a time, as ping(8) does, and waits for each answer without the event loop. */
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

  /** Milliseconds until the answer came; undefined where none did. */
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

/** Of an echo reply to us, behind its IPv4 header; undefined for other messages. */
function sequenceOf(packet: Uint8Array, length: number): number | undefined {
  const at = ((packet[0] ?? 0) & 0x0f) * 4;
  if (length < at + HEADER_BYTES || packet[at] !== 0) return undefined;
  const view = new DataView(packet.buffer);
  return view.getUint16(at + 4) === IDENTIFIER ? view.getUint16(at + 6) : undefined;
}
