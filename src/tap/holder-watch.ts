import { constants, type FSWatcher, watch } from 'node:fs';
import { MalformedError, SystemError } from '../errors.js';
import { Descriptor, O_RDONLY } from '../sys/descriptor.js';
import { DescriptorWatch } from '../sys/descriptor-watch.js';
import { MessageMemory } from '../sys/message-memory.js';
import { networkNamespaceCookie } from '../sys/network-namespace.js';
import { Ownership } from '../sys/ownership.js';
import { throughDirectory } from '../sys/unix-address.js';
import { connectUnix } from '../sys/unix-socket.js';
import { REPLY_BYTES_MAX } from './holder-message.js';
import { decodeReply, type Greeting } from './holder-reply.js';
import { HOLDER_SOCKET } from './holder-socket.js';
import { findDeviceDirectory } from './runtime-directory.js';

/** How long a change may be before it is looked at: several come together. */
const SETTLE_MS = 50;
/** How long a holder may take to answer; one that was stopped never does. */
const ANSWER_MS = 2000;
/** How often a holder is asked again: first after a change, then at twice the time while nothing changes. */
const LOOK_MS_MIN = 1000;
const LOOK_MS_MAX = 8000;

/**
 * Follows who holds a device, and who borrows its queues, without waiting: calls back with what the holder says of itself,
 * undefined where there is none. Whoever appears in the device's runtime folder is seen at once, a lease that ends after
 * some seconds.
 */
export class HolderWatch implements Disposable {
  readonly #ifindex: number;
  readonly #onAnswer: (greeting: Greeting | undefined) => void;
  #inquiry: Ownership | undefined;
  #folder: FSWatcher | undefined;
  #timer: NodeJS.Timeout | undefined;
  #delayMs = LOOK_MS_MIN;
  #last = '';
  #open = true;

  /** Begins to follow the device with index `ifindex` of this network namespace. */
  constructor(ifindex: number, onAnswer: (greeting: Greeting | undefined) => void) {
    this.#ifindex = ifindex;
    this.#onAnswer = onAnswer;
    this.look();
  }

  /** Says that something may have changed. */
  look(): void {
    this.#lookIn(SETTLE_MS);
  }

  [Symbol.dispose](): void {
    this.#open = false;
    clearTimeout(this.#timer);
    this.#inquiry?.[Symbol.dispose]();
    this.#folder?.close();
  }

  #lookIn(delayMs: number): void {
    clearTimeout(this.#timer);
    if (!this.#open) return;
    this.#timer = setTimeout(() => this.#ask(), delayMs);
    this.#timer.unref();
  }

  #ask(): void {
    this.#inquiry?.[Symbol.dispose]();
    this.#inquiry = undefined;
    const folder = findDeviceDirectory(this.#ifindex);
    this.#watchFolder(folder);
    const socket = folder === undefined ? undefined : connect(folder);
    if (socket === undefined) this.#answer(undefined);
    else this.#await(socket);
  }

  #await(socket: Descriptor): void {
    const owned = new Ownership();
    owned.own(socket);
    const memory = owned.own(new MessageMemory(REPLY_BYTES_MAX));
    owned.own(
      DescriptorWatch.readable(socket.fd, () => {
        const greeting = receiveGreeting(socket, memory, this.#ifindex);
        this.#inquiry = undefined;
        owned[Symbol.dispose]();
        this.#answer(greeting);
      }),
    );
    this.#inquiry = owned;
    // Without an answer it is as it was.
    this.#lookIn(ANSWER_MS);
  }

  #answer(greeting: Greeting | undefined): void {
    const facts = JSON.stringify(greeting ?? null);
    this.#delayMs = facts === this.#last ? Math.min(2 * this.#delayMs, LOOK_MS_MAX) : LOOK_MS_MIN;
    this.#last = facts;
    clearTimeout(this.#timer);
    // A holder that is to come makes itself noticed; one that was killed does not always.
    if (greeting !== undefined) this.#lookIn(this.#delayMs);
    this.#onAnswer(greeting);
  }

  /** Its socket appears and goes there, and whoever counts frames makes a file. */
  #watchFolder(folder: string | undefined): void {
    if (folder === undefined) {
      this.#folder?.close();
      this.#folder = undefined;
    }
    if (folder === undefined || this.#folder !== undefined) return;
    try {
      this.#folder = watch(folder, { persistent: false }, () => this.look());
    } catch {
      // Gone again, or no inotify instance is left: there are other occasions to look.
      return;
    }
    this.#folder.on('error', () => this.#folder?.close());
  }
}

function connect(folder: string): Descriptor | undefined {
  try {
    using directory = Descriptor.open(folder, O_RDONLY | constants.O_DIRECTORY);
    return connectUnix(throughDirectory(directory.fd, HOLDER_SOCKET), { action: 'watch', object: folder });
  } catch (error) {
    if (error instanceof SystemError) return undefined;
    throw error;
  }
}

/** What the holder of the device with index `ifindex` says first; undefined for anybody else. */
function receiveGreeting(socket: Descriptor, memory: MessageMemory, ifindex: number): Greeting | undefined {
  const { result, truncated, descriptors } = memory.receive(socket.fd);
  for (const descriptor of descriptors) descriptor[Symbol.dispose]();
  if (result <= 0 || truncated) return undefined;
  try {
    const reply = decodeReply(memory.data(result));
    const isHis =
      reply.type === 'greeting' && reply.ifindex === ifindex && reply.netns === networkNamespaceCookie();
    return isHis ? reply : undefined;
  } catch (error) {
    if (error instanceof MalformedError) return undefined;
    throw error;
  }
}
