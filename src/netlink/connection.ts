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

/** How often a dump is begun when others keep changing what it lists. */
export const DUMP_ATTEMPTS_MAX = 16;

/** What the kernel fills a datagram of a dump with; a larger one is asked for its length first. */
const BUFFER_BYTES = 32 * 1024;

/** What the connection needs of a socket. NetlinkSocket is one. */
export interface RouteSocket extends Disposable {
  send(message: Uint8Array, purpose: Purpose): void;
  /** Bytes of the next datagram, which stays queued. */
  peek(purpose: Purpose): number;
  /** Takes the next datagram; returns its bytes. */
  receive(buffer: Uint8Array, purpose: Purpose): number;
}

/** What a request is for, and what it is called in the message of its error. */
export interface RouteCall extends Purpose {
  /** For example `RTM_SETLINK`. */
  readonly syscall: string;
}

/**
 * Requests to rtnetlink and their answers, synchronously: the kernel queues an answer before send(2) returns, so
 * nothing here waits.
 *
 * After a MalformedError the connection may be in the middle of a dump: dispose it.
 */
export class RouteConnection implements Disposable {
  readonly #socket: RouteSocket;
  #buffer = new Uint8Array(BUFFER_BYTES);
  #sequence = 0;

  /** Takes over `socket`. */
  constructor(socket: RouteSocket) {
    this.#socket = socket;
  }

  /** Connects to the network namespace that this thread is in now. */
  static open(): RouteConnection {
    return new RouteConnection(
      NetlinkSocket.open(NETLINK_ROUTE, { action: 'connect to', object: 'rtnetlink' }),
    );
  }

  /**
   * Sends `request` and returns what `decode` made of each answer before the acknowledgement.
   * Throws a NetlinkError with the kernel's reason when it refuses.
   */
  execute<T>(request: MessageBuilder, call: RouteCall, decode: (answer: MessageCursor) => T): T[] {
    return this.#exchange(request, NLM_F_REQUEST | NLM_F_ACK, call, decode).answers;
  }

  /**
   * Asks for a list. A dump that the kernel calls inconsistent, since something was added or removed meanwhile, is
   * repeated; after DUMP_ATTEMPTS_MAX of them throws a NetlinkError with EINTR.
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
    // Never 0: that is the number of events.
    this.#sequence = (this.#sequence % 0xffffffff) + 1;
    this.#socket.send(request.finish(flags, this.#sequence), call);
    const answers: T[] = [];
    let interrupted = false;
    for (;;) {
      const message = new MessageCursor(this.#receive(call));
      while (message.next()) {
        // An answer to a request that was given up.
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

  /** The next datagram, borrowed until the next call. */
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
