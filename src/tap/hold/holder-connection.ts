import type { Descriptor } from '../../sys/descriptor.js';
import { DescriptorWatch } from '../../sys/descriptor-watch.js';
import { errnoOf } from '../../sys/errno.js';
import type { MessageMemory } from '../../sys/message-memory.js';
import { encodeReply, type HolderReply, type NamedProcess } from '../lease/holder-reply.js';
import type { Right } from './lending-rights.js';

/** How long somebody may be connected who asked for nothing yet. */
const IDLE_MS = 10_000;
/** Messages that one user may have handled before others get their turn. */
const MESSAGES_PER_TURN = 16;

const EAGAIN = errnoOf('EAGAIN');

export interface ConnectionHandlers {
  /**
   * A message has arrived. `bytes` are valid until the next message is received or sent; undefined for a message that was cut
   * off, or came with descriptors, which belong to no request.
   */
  readonly onMessage: (connection: HolderConnection, bytes: Uint8Array | undefined) => void;
  /** It has ended: closed by the other end, too slow, or idle. */
  readonly onEnd: (connection: HolderConnection) => void;
}

/** One user of a holder. It never waits for him: who reads too slowly, or asks for nothing, is left. */
export class HolderConnection implements Disposable {
  readonly right: Right;
  /** Whether a hand-over is to tell that its queues are shared. */
  share = false;
  #user: NamedProcess;
  readonly #socket: Descriptor;
  readonly #memory: MessageMemory;
  readonly #handlers: ConnectionHandlers;
  #watch: DescriptorWatch | undefined;
  #idle: NodeJS.Timeout | undefined;
  #kept = false;
  #open = true;

  /** Takes over `socket`, and borrows `memory`, which all connections share. */
  constructor(
    socket: Descriptor,
    memory: MessageMemory,
    peer: { readonly user: NamedProcess; readonly right: Right },
    handlers: ConnectionHandlers,
  ) {
    this.#socket = socket;
    this.#memory = memory;
    this.#handlers = handlers;
    this.#user = peer.user;
    this.right = peer.right;
  }

  /** Begins to listen to it. */
  start(): void {
    this.#watch = DescriptorWatch.readable(this.#socket.fd, () => this.#turn());
    this.#idle = setTimeout(() => this.#handlers.onEnd(this), IDLE_MS);
    this.#idle.unref();
  }

  get fd(): number {
    return this.#socket.fd;
  }

  get user(): NamedProcess {
    return this.#user;
  }

  /** Says what the process calls itself. */
  rename(command: string): void {
    this.#user = { pid: this.#user.pid, command };
  }

  /** Lets it stay although it says nothing: it has queues to read. */
  keep(): void {
    this.#kept = true;
    clearTimeout(this.#idle);
  }

  /** Stops listening, while everything is handed over. */
  pause(): void {
    this.#watch?.pause();
  }

  resume(): void {
    this.#watch?.resume();
  }

  /** Handles what has come already. */
  listenNow(): void {
    this.#turn();
  }

  /** Sends an answer with `descriptors`; false where it has ended, or is too slow to be waited for. */
  send(reply: HolderReply, descriptors: readonly number[] = []): boolean {
    return this.#open && this.#memory.send(this.#socket.fd, encodeReply(reply), descriptors) >= 0;
  }

  [Symbol.dispose](): void {
    if (!this.#open) return;
    this.#open = false;
    clearTimeout(this.#idle);
    this.#watch?.[Symbol.dispose]();
    this.#socket[Symbol.dispose]();
  }

  #turn(): void {
    for (let messages = 0; messages < MESSAGES_PER_TURN && this.#open; messages++) {
      const { result, truncated, descriptors } = this.#memory.receive(this.#socket.fd);
      if (result === -EAGAIN) return;
      // Before the end is handled: a message of no bytes looks like the end, and can bring descriptors.
      for (const descriptor of descriptors) descriptor[Symbol.dispose]();
      if (result <= 0) {
        this.#handlers.onEnd(this);
        return;
      }
      if (!this.#kept) this.#idle?.refresh();
      const isRequest = !truncated && descriptors.length === 0;
      this.#handlers.onMessage(this, isRequest ? this.#memory.data(result) : undefined);
    }
  }
}
