import type { Descriptor } from '../../sys/descriptor.js';
import { DescriptorWatch } from '../../sys/descriptor-watch.js';
import { errnoOf } from '../../sys/errno.js';
import type { MessageMemory } from '../../sys/message-memory.js';
import { Ownership } from '../../sys/ownership.js';
import { ProcessWatch } from '../../sys/process-watch.js';
import { encodeReply, type HolderReply, type NamedProcess } from '../lease/holder-reply.js';
import type { Right } from './lending-rights.js';

/** How long a user may stay connected without a request, unless it has a queue to read. */
const IDLE_MS = 10_000;
/** Messages of one user that are handled before those of other users. */
const MESSAGES_PER_TURN = 16;

const EAGAIN = errnoOf('EAGAIN');

/** What a connection calls when its user has sent something or has ended. */
export interface ConnectionHandlers {
  /**
   * A message has arrived. `bytes` are valid until the next message is received or sent; undefined for a message that was cut
   * off. `descriptors` came with it and are closed when this returns.
   */
  readonly onMessage: (
    connection: HolderConnection,
    bytes: Uint8Array | undefined,
    descriptors: readonly Descriptor[],
  ) => void;
  /**
   * The user has closed the connection, or has been idle for too long. If its lease lasts as long as its process, that has ended too.
   */
  readonly onEnd: (connection: HolderConnection) => void;
}

/**
 * The holder's side of one connection. It never waits for the user: the connection of a user that does not read its replies, or
 * requests nothing, is closed.
 */
export class HolderConnection implements Disposable {
  readonly right: Right;
  /** Whether the user shares its queues with other readers. A hand-over passes this on. */
  share = false;
  /** Whether the user has said that it leaves the device as it is. A hand-over passes this on. */
  passive = true;
  /** Bytes of the virtio-net header when the user got its first queue. */
  headerBytes: number | undefined;
  /** Queues of which a user that is not passive has got descriptors. */
  readonly borrowed = new Set<number>();
  #user: NamedProcess;
  readonly #socket: Descriptor;
  readonly #memory: MessageMemory;
  readonly #handlers: ConnectionHandlers;
  #watch: DescriptorWatch | undefined;
  #idle: NodeJS.Timeout | undefined;
  #kept = false;
  #process: ProcessWatch | undefined;
  #paused = false;
  /** Whether the user has closed the connection while its process goes on. */
  #hungUp = false;
  #open = true;

  /** Owns `socket`, and borrows `memory`, which all connections share. */
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

  /** Begins to receive. */
  start(): void {
    this.#watch = DescriptorWatch.readable(this.#socket.fd, () => this.#receive());
    this.#idle = setTimeout(() => this.#handlers.onEnd(this), IDLE_MS);
    this.#idle.unref();
  }

  get fd(): number {
    return this.#socket.fd;
  }

  get user(): NamedProcess {
    return this.#user;
  }

  /** Sets the command that the user calls itself by. */
  rename(command: string): void {
    this.#user = { pid: this.#user.pid, command };
  }

  /** Lets the user be idle from now on, since it has queues to read. */
  keep(): void {
    this.#kept = true;
    clearTimeout(this.#idle);
  }

  /**
   * Lets the lease last until the process of the user ends, too, even if that process closes the connection. If other processes have
   * the connection then, it lasts until they close it. Returns false if this kernel does not report the end of a process.
   */
  lastAsProcess(): boolean {
    this.#process ??= ProcessWatch.ofPeer(this.#socket.fd, () => this.#noteProcessEnd());
    return this.lasting;
  }

  /** Whether `lastAsProcess` was called, and the process runs. */
  get lasting(): boolean {
    return this.#process !== undefined;
  }

  /** Stops receiving, during a hand-over. */
  pause(): void {
    this.#paused = true;
    this.#watch?.pause();
  }

  resume(): void {
    this.#paused = false;
    this.#watch?.resume();
    if (this.#hungUp && !this.lasting) this.#handlers.onEnd(this);
  }

  /** Handles the messages that have arrived. */
  receiveNow(): void {
    this.#receive();
  }

  /** Sends a reply with `descriptors`, which stay the caller's. Returns false if the user has left, or reads too slowly. */
  send(reply: HolderReply, descriptors: readonly number[] = []): boolean {
    return this.#open && this.#memory.send(this.#socket.fd, encodeReply(reply), descriptors) >= 0;
  }

  [Symbol.dispose](): void {
    if (!this.#open) return;
    this.#open = false;
    clearTimeout(this.#idle);
    this.#process?.[Symbol.dispose]();
    this.#watch?.[Symbol.dispose]();
    this.#socket[Symbol.dispose]();
  }

  #noteProcessEnd(): void {
    this.#process = undefined;
    if (this.#hungUp && !this.#paused) this.#handlers.onEnd(this);
  }

  #hangUp(): void {
    this.#hungUp = true;
    this.#watch?.[Symbol.dispose]();
    this.#watch = undefined;
    if (!this.lasting) this.#handlers.onEnd(this);
  }

  #receive(): void {
    for (let messages = 0; messages < MESSAGES_PER_TURN && this.#open; messages++) {
      using owned = new Ownership();
      const { result, truncated, descriptors } = this.#memory.receive(this.#socket.fd);
      if (result === -EAGAIN) return;
      // Before the end is handled: a message of no bytes looks like the end, and can bring descriptors.
      for (const descriptor of descriptors) owned.own(descriptor);
      if (result <= 0) {
        this.#hangUp();
        return;
      }
      if (!this.#kept) this.#idle?.refresh();
      this.#handlers.onMessage(this, truncated ? undefined : this.#memory.data(result), descriptors);
    }
  }
}
