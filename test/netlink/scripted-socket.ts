import type { RouteSocket } from '../../src/netlink/connection.js';

/** Header fields of a message in a scripted answer. */
export interface ScriptedMessage {
  readonly type: number;
  readonly flags?: number;
  /** Sequence number. @default the request's */
  readonly sequence?: number;
  readonly payload?: readonly number[];
}

/** One datagram. */
export type ScriptedDatagram = readonly ScriptedMessage[];

/** A socket that answers the n-th request with the n-th list of datagrams. */
export class ScriptedSocket implements RouteSocket {
  readonly requests: Uint8Array[] = [];
  readonly #answers: (readonly ScriptedDatagram[])[];
  readonly #queue: Uint8Array[] = [];
  disposals = 0;

  constructor(...answers: (readonly ScriptedDatagram[])[]) {
    this.#answers = answers;
  }

  send(message: Uint8Array): void {
    this.requests.push(message.slice());
    const sequence = new DataView(message.buffer, message.byteOffset).getUint32(8, true);
    for (const datagram of this.#answers.shift() ?? []) {
      this.#queue.push(Uint8Array.from(datagram.flatMap((part) => [...encode(part, sequence)])));
    }
  }

  peek(): number {
    const datagram = this.#queue[0];
    // A real socket would wait forever.
    if (datagram === undefined) throw new Error('the script is over');
    return datagram.byteLength;
  }

  receive(buffer: Uint8Array): number {
    const datagram = this.#queue.shift()!;
    buffer.set(datagram.subarray(0, buffer.byteLength));
    return datagram.byteLength;
  }

  [Symbol.dispose](): void {
    this.disposals++;
  }
}

function encode(message: ScriptedMessage, requestSequence: number): Uint8Array {
  const payload = message.payload ?? [];
  const bytes = new Uint8Array(16 + Math.ceil(payload.length / 4) * 4);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, 16 + payload.length, true);
  view.setUint16(4, message.type, true);
  view.setUint16(6, message.flags ?? 0, true);
  view.setUint32(8, message.sequence ?? requestSequence, true);
  bytes.set(payload, 16);
  return bytes;
}
