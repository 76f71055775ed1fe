import { constants } from 'node:fs';
import { type ErrorReason, MalformedError, type SystemError } from '../../errors.js';
import type { LinkOutline } from '../../netlink/link.js';
import { Descriptor, O_RDONLY } from '../../sys/descriptor.js';
import { errnoOrZero, isSystemError, systemError } from '../../sys/errno.js';
import type { Purpose } from '../../sys/libc.js';
import { MessageMemory } from '../../sys/message-memory.js';
import { networkNamespaceCookie } from '../../sys/network-namespace.js';
import { Ownership } from '../../sys/ownership.js';
import { throughDirectory } from '../../sys/unix-address.js';
import { connectUnix } from '../../sys/unix-socket.js';
import type { Offload } from '../device/offloads.js';
import { findDeviceDirectory, runtimeRoots } from '../state/runtime-directory.js';
import { isTrustedFolder } from '../state/trusted-folder.js';
import { REPLY_BYTES_MAX } from './holder-message.js';
import { decodeReply, type Greeting, type HolderReply, type Refusal } from './holder-reply.js';
import { encodeRequest, type HolderRequest } from './holder-request.js';
import { HOLDER_SOCKET } from './holder-socket.js';
import { waitForHolder } from './reply-wait.js';
import { HolderSilence } from './unresponsive-holder.js';

/** How long a holder may take to answer. It does nothing else, but its machine may be busy. */
const ANSWER_MS = 5000;
/** How long a service manager may take to start one. */
const START_MS = 20_000;
/** How long a holder may take to end, and the kernel to remove a device. */
const END_MS = 20_000;
const BUSY_LOOK_MS = 5;

/** An answer, with what came along; the descriptors are the caller's. */
interface Answer {
  readonly reply: HolderReply;
  readonly descriptors: readonly Descriptor[];
}

/**
 * A connection to the holder of a device. Calls wait for its answers, without the event loop; what it refuses is a
 * SystemError. Queues that were leased are so until this is disposed.
 */
export class HolderClient implements Disposable {
  readonly greeting: Greeting;
  readonly #socket: Descriptor;
  readonly #memory: MessageMemory;
  readonly #object: string;

  private constructor(socket: Descriptor, memory: MessageMemory, greeting: Greeting, object: string) {
    this.#socket = socket;
    this.#memory = memory;
    this.greeting = greeting;
    this.#object = object;
  }

  /**
   * The holder of `link`; undefined where there is none, or only what one left who died. Throws a SystemError with
   * ETIMEDOUT where it does not answer, EAGAIN where it serves too many: a HolderSilence, which tells who it is, unless
   * nobody could connect.
   *
   * @param action what it is for, in the message of an error
   */
  static find(link: LinkOutline, action: string): HolderClient | undefined {
    return HolderClient.#findAt([...ownPlaces(link), ...servicePlaces(link)], link, action);
  }

  /** The same, without starting one that a service manager knows. */
  static findRunning(link: LinkOutline, action: string): HolderClient | undefined {
    return HolderClient.#findAt(ownPlaces(link), link, action);
  }

  static #findAt(places: readonly Place[], link: LinkOutline, action: string): HolderClient | undefined {
    for (const { folder, name, answerMs } of places) {
      const socket = connect(folder, name, { action, object: link.name });
      const client =
        socket === undefined ? undefined : HolderClient.#meet(socket, link, { action, answerMs });
      if (client !== undefined) return client;
    }
    return undefined;
  }

  static #meet(
    socket: Descriptor,
    link: LinkOutline,
    { action, answerMs }: { readonly action: string; readonly answerMs: number },
  ): HolderClient | undefined {
    const owned = new Ownership();
    owned.own(socket);
    try {
      const memory = owned.own(new MessageMemory(REPLY_BYTES_MAX));
      const { reply } = receive(socket, memory, { action, object: link.name }, answerMs);
      if (reply.type === 'refusal') throw refused(reply, { action, object: link.name });
      const isHis =
        reply.type === 'greeting' && reply.ifindex === link.index && reply.netns === networkNamespaceCookie();
      if (isHis) return new HolderClient(socket, memory, reply, link.name);
      owned[Symbol.dispose]();
      return undefined;
    } catch (error) {
      // It ended just now.
      const isOver = isSystemError(error, 'ECONNRESET');
      const silence = isSystemError(error) && !isOver ? HolderSilence.of(socket.fd, error) : error;
      owned[Symbol.dispose]();
      if (isOver) return undefined;
      throw silence;
    }
  }

  /** Throws a SystemError with EACCES and `reason` unless this user may borrow. */
  assertAdmitted(action: string, reason: ErrorReason = 'borrowing-denied'): void {
    if (this.greeting.admitted) return;
    const { pid, command } = this.greeting.holder;
    const detail = `its holder, ${command} (pid ${pid}), does not lend to this user`;
    throw systemError({ action, object: this.#object, code: 'EACCES', syscall: 'holder', detail, reason });
  }

  /** Leases `queues` to read, all where undefined; their numbers and descriptors, which are the caller's. */
  lease(
    queues: readonly number[] | undefined,
    { share, command }: { readonly share: boolean; readonly command: string },
  ): { readonly numbers: readonly number[]; readonly descriptors: readonly Descriptor[] } {
    return this.#borrow({ type: 'lease', queues, share, command });
  }

  /** Borrows `queues` to send into. */
  borrowToSend(queues: readonly number[]): ReturnType<HolderClient['lease']> {
    return this.#borrow({ type: 'send', queues });
  }

  setPersistent(on: boolean): void {
    this.#ask({ type: 'persist', on }, 'change');
  }

  setOffloads(offloads: readonly Offload[]): void {
    this.#ask({ type: 'offload', offloads }, 'change');
  }

  /** Ends the holder; returns when it has let the device go. */
  release(): void {
    const purpose = { action: 'release', object: this.#object };
    this.assertAdmitted('release', 'ending-denied');
    this.send({ type: 'release' }, 'release');
    try {
      const { reply } = receive(this.#socket, this.#memory, purpose, END_MS);
      if (reply.type === 'refusal') throw refused(reply, purpose);
    } catch (error) {
      if (!isSystemError(error, 'ECONNRESET')) throw error;
    }
  }

  /** Sends a request, and waits for nothing. */
  send(request: HolderRequest, action: string): void {
    const result = this.#memory.send(this.#socket.fd, encodeRequest(request));
    if (result < 0) throw ended(action, this.#object);
  }

  /** The next message of a hand-over. */
  next(action: string): Answer {
    const answer = receive(this.#socket, this.#memory, { action, object: this.#object });
    if (answer.reply.type === 'refusal') throw refused(answer.reply, { action, object: this.#object });
    return answer;
  }

  [Symbol.dispose](): void {
    this.#socket[Symbol.dispose]();
    this.#memory[Symbol.dispose]();
  }

  #borrow(request: HolderRequest): ReturnType<HolderClient['lease']> {
    const action = request.type === 'send' ? 'send into' : 'attach to';
    const { reply, descriptors } = this.#ask(request, action);
    if (reply.type === 'lent' && reply.queues.length === descriptors.length && descriptors.length > 0)
      return { numbers: reply.queues, descriptors };
    for (const descriptor of descriptors) descriptor[Symbol.dispose]();
    throw incompatible('EBADMSG', 'its holder lends no queue', { action, object: this.#object });
  }

  #ask(request: HolderRequest, action: string): Answer {
    this.assertAdmitted(action);
    this.send(request, action);
    return this.next(action);
  }
}

/** Where the holder of `link` has its socket: in the device's folder. */
function ownPlaces(link: LinkOutline): Place[] {
  const folder = findDeviceDirectory(link.index);
  return folder === undefined ? [] : [{ folder, name: HOLDER_SOCKET, answerMs: ANSWER_MS }];
}

/**
 * Where a service manager may have one, which knows nothing of namespaces and indices, and starts the holder when somebody
 * connects.
 */
function servicePlaces({ name }: LinkOutline): Place[] {
  const roots = runtimeRoots().filter(isTrustedFolder);
  return roots.map((folder) => ({ folder, name: `${name}.socket`, answerMs: START_MS }));
}

/** A socket, and how long who listens there may take to say something. */
interface Place {
  readonly folder: string;
  readonly name: string;
  readonly answerMs: number;
}

/** A connection to the socket `name` in `folder`; undefined where nobody listens. */
function connect(
  folder: string,
  name: string,
  purpose: { readonly action: string; readonly object: string },
): Descriptor | undefined {
  using directory = openFolder(folder);
  if (directory === undefined) return undefined;
  const deadline = performance.now() + ANSWER_MS;
  for (;;) {
    try {
      return connectUnix(throughDirectory(directory.fd, name), purpose);
    } catch (error) {
      if (isSystemError(error, 'ENOENT', 'ECONNREFUSED', 'EACCES', 'ENOTDIR', 'EPROTOTYPE')) return undefined;
      // More users wait than there is room for.
      if (!isSystemError(error, 'EAGAIN') || performance.now() > deadline) throw error;
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, BUSY_LOOK_MS);
    }
  }
}

function openFolder(folder: string): Descriptor | undefined {
  try {
    return Descriptor.open(folder, O_RDONLY | constants.O_DIRECTORY);
  } catch {
    return undefined;
  }
}

function receive(
  socket: Descriptor,
  memory: MessageMemory,
  { action, object }: { readonly action: string; readonly object: string },
  timeoutMs = ANSWER_MS,
): Answer {
  waitForHolder(socket.fd, { action, object }, timeoutMs);
  const { result, truncated, descriptors } = memory.receive(socket.fd);
  try {
    if (result <= 0) throw ended(action, object);
    if (truncated) throw incompatible('EBADMSG', 'its holder said too much', { action, object });
    return { reply: decodeReply(memory.data(result)), descriptors };
  } catch (error) {
    for (const descriptor of descriptors) descriptor[Symbol.dispose]();
    if (!(error instanceof MalformedError)) throw error;
    const detail = `its holder is of another version (${error.message})`;
    throw incompatible('EPROTO', detail, { action, object });
  }
}

function incompatible(code: string, detail: string, purpose: Purpose): SystemError {
  return systemError({ ...purpose, code, syscall: 'holder', detail, reason: 'holder-incompatible' });
}

function ended(action: string, object: string): SystemError {
  return systemError({
    action,
    object,
    code: 'ECONNRESET',
    syscall: 'holder',
    detail: 'its holder has ended',
    reason: 'holder-ended',
  });
}

/** A code from outside may be none that this machine knows. */
function refused({ code, syscall, detail, reason }: Refusal, purpose: Purpose): SystemError {
  return systemError({ ...purpose, errno: errnoOrZero(code), code, syscall, detail, reason });
}
