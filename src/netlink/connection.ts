import { errnoName, netlinkError } from '../sys/errno.js';
import type { Purpose } from '../sys/libc.js';
import { NETLINK_ROUTE, NetlinkSocket } from '../sys/netlink-socket.js';
import { decodeAcknowledgement } from './acknowledgement.js';
import {
  type MessageBuilder,
  MessageCursor,
  NLM_F_ACK,
  NLM_F_DUMP,
  NLM_F_DUMP_INTR,
  NLM_F_REQUEST,
  NLMSG_DONE,
  NLMSG_ERROR,
  NLMSG_NOOP,
  NLMSG_OVERRUN,
} from './message.js';

/** How often a dump is repeated while other processes keep changing what it lists. */
export const DUMP_ATTEMPTS_MAX = 16;

/** The kernel puts at most this much into a datagram of a dump. The buffer grows for a larger one. Bytes. */
const BUFFER_BYTES = 32 * 1024;

/** What a connection needs of its socket. NetlinkSocket has it. */
export interface RouteSocket extends Disposable {
  /** Sends one datagram. */
  send(message: Uint8Array, purpose: Purpose): void;
  /** Returns the length of the next datagram in bytes, and leaves it queued. */
  peek(purpose: Purpose): number;
  /** Takes the next datagram. Returns its length in bytes. */
  receive(buffer: Uint8Array, purpose: Purpose): number;
}

/** What a request is for, and its name in the messages of errors. */
export interface RouteCall extends Purpose {
  /** For example `RTM_SETLINK`. */
  readonly syscall: string;
  /** Further NLM_F_* of a request that is no dump. @default none */
  readonly flags?: number;
}

/**
 * Sends requests to rtnetlink and reads the answers. It is synchronous and never waits, since the kernel queues an
 * answer before send(2) returns.
 *
 * After a MalformedError the connection may be in the middle of a dump and must be disposed.
 */
export class RouteConnection implements Disposable {
  readonly #socket: RouteSocket;
  #buffer = new Uint8Array(BUFFER_BYTES);
  #sequence = 0;

  /** Owns `socket` from now on. */
  constructor(socket: RouteSocket) {
    this.#socket = socket;
  }

  /** Connects to the network namespace that this thread is in. */
  static open(): RouteConnection {
    return new RouteConnection(
      NetlinkSocket.open(NETLINK_ROUTE, { action: 'connect to', object: 'rtnetlink' }),
    );
  }

  /**
   * Sends `request`. Returns what `decode` makes of each answer before the acknowledgement. Throws a NetlinkError
   * with the kernel's explanation when it refuses.
   */
  execute<T>(request: MessageBuilder, call: RouteCall, decode: (answer: MessageCursor) => T): T[] {
    return this.#exchange(request, NLM_F_REQUEST | NLM_F_ACK | (call.flags ?? 0), call, decode).answers;
  }

  /**
   * Requests a list. The kernel marks a dump as inconsistent when something was added or removed meanwhile. Such a
   * dump is repeated, up to DUMP_ATTEMPTS_MAX times. After that a NetlinkError with EINTR is thrown.
   */
  dump<T>(request: MessageBuilder, call: RouteCall, decode: (answer: MessageCursor) => T): T[] {
    for (let attempt = 0; attempt < DUMP_ATTEMPTS_MAX; attempt++) {
      const { answers, interrupted } = this.#exchange(request, NLM_F_REQUEST | NLM_F_DUMP, call, decode);
      if (!interrupted) return answers;
    }
    throw netlinkError('', { ...call, code: 'EINTR' });
  }

  [Symbol.dispose](): void {
    this.#socket[Symbol.dispose]();
  }

  #exchange<T>(
    request: MessageBuilder,
    flags: number,
    call: RouteCall,
    decode: (answer: MessageCursor) => T,
  ): { answers: T[]; interrupted: boolean } {
    // Never 0, which is the number of events.
    this.#sequence = (this.#sequence % 0xffffffff) + 1;
    this.#socket.send(request.finish(flags, this.#sequence), call);
    const answers: T[] = [];
    let interrupted = false;
    for (;;) {
      const message = new MessageCursor(this.#receive(call));
      while (message.next()) {
        // It answers an earlier request, whose answers were not all read.
        if (message.sequence !== this.#sequence) continue;
        if ((message.flags & NLM_F_DUMP_INTR) !== 0) interrupted = true;
        switch (message.type) {
          case NLMSG_NOOP:
          case NLMSG_OVERRUN:
            break;
          case NLMSG_ERROR:
          case NLMSG_DONE:
            assertDone(message, call);
            return { answers, interrupted };
          default:
            answers.push(decode(message));
        }
      }
    }
  }

  /** The next datagram. Valid until the next call. */
  #receive(call: RouteCall): Uint8Array {
    const length = this.#socket.peek(call);
    if (length > this.#buffer.byteLength) this.#buffer = new Uint8Array(length);
    return this.#buffer.subarray(0, this.#socket.receive(this.#buffer, call));
  }
}

function assertDone(message: MessageCursor, call: RouteCall): void {
  const { errno, text } = decodeAcknowledgement(message);
  if (errno !== 0) throw netlinkError(text, { ...call, errno, code: errnoName(errno) });
}
