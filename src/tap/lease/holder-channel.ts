import { constants } from 'node:fs';
import { MalformedError, type SystemError } from '../../errors.js';
import { Descriptor, O_RDONLY } from '../../sys/descriptor.js';
import { errnoOrZero, isSystemError, systemError } from '../../sys/errno.js';
import type { Purpose } from '../../sys/libc.js';
import { MessageMemory } from '../../sys/message-memory.js';
import { networkNamespaceCookie } from '../../sys/network-namespace.js';
import { Ownership } from '../../sys/ownership.js';
import { type PeerCredentials, readPeerCredentials } from '../../sys/peer-credentials.js';
import { throughDirectory } from '../../sys/unix-address.js';
import { connectUnix } from '../../sys/unix-socket.js';
import { commandOf } from '../link/attached-processes.js';
import { REPLY_BYTES_MAX } from './holder-message.js';
import { decodeReply, type Greeting, type HolderReply, type Refusal } from './holder-reply.js';
import { encodeRequest, type HolderRequest } from './holder-request.js';

/** Errors of open(2) and connect(2) which say that no process listens at a holder's socket. */
const NOT_LISTENING = ['ENOENT', 'ECONNREFUSED', 'EACCES', 'ENOTDIR', 'EPROTOTYPE'] as const;

/** A reply that is no refusal, with the descriptors that came with it. The caller owns the descriptors. */
export interface ReceivedReply {
  readonly reply: Exclude<HolderReply, Refusal>;
  readonly descriptors: readonly Descriptor[];
}

/**
 * A connection to a holder, and the memory for its messages. It never waits: its user does, with or without the event loop.
 *
 * It belongs to the side of the client. On the holder's side a connection is a `HolderConnection`.
 */
export class HolderChannel implements Disposable {
  readonly #socket: Descriptor;
  readonly #memory: MessageMemory;

  private constructor(socket: Descriptor, memory: MessageMemory) {
    this.#socket = socket;
    this.#memory = memory;
  }

  /**
   * Connects to the socket `socketName` in `folder`. Returns undefined if no process listens there. Throws a SystemError with
   * EAGAIN if too many other connections wait to be accepted.
   */
  static connect(folder: string, socketName: string, purpose: Purpose): HolderChannel | undefined {
    const owned = new Ownership();
    try {
      using directory = Descriptor.open(folder, O_RDONLY | constants.O_DIRECTORY, purpose);
      const socket = owned.own(connectUnix(throughDirectory(directory.fd, socketName), purpose));
      return new HolderChannel(socket, owned.own(new MessageMemory(REPLY_BYTES_MAX)));
    } catch (error) {
      owned[Symbol.dispose]();
      if (isSystemError(error, ...NOT_LISTENING)) return undefined;
      throw error;
    }
  }

  /** The socket, to wait for its messages. Borrowed. */
  get fd(): number {
    return this.#socket.fd;
  }

  /** The process that listened when this one connected: whatever a message says, it is the kernel that says this. */
  get peer(): PeerCredentials {
    return readPeerCredentials(this.fd, { action: 'identify', object: 'holder' });
  }

  /**
   * Sends a request with `descriptors`, which stay the caller's. Throws a SystemError with ECONNRESET if the holder has ended, or
   * does not read.
   */
  send(request: HolderRequest, purpose: Purpose, descriptors: readonly number[] = []): void {
    if (this.#memory.send(this.fd, encodeRequest(request), descriptors) < 0) throw ended(purpose);
  }

  /**
   * Returns the message that has arrived. Throws a SystemError, and closes the descriptors, if that is a refusal (the code is
   * the holder's), no message of this protocol (EBADMSG, EPROTO), or the end of the connection (ECONNRESET).
   */
  receive(purpose: Purpose): ReceivedReply {
    const { result, truncated, descriptors } = this.#memory.receive(this.fd);
    try {
      if (result <= 0) throw ended(purpose);
      if (truncated)
        throw shortage(purpose) ?? incompatible('EBADMSG', 'the reply of its holder is too long', purpose);
      const reply = decodeReply(this.#memory.data(result));
      if (reply.type === 'refusal') throw refused(reply, purpose);
      return { reply, descriptors };
    } catch (error) {
      closeAll(descriptors);
      if (!(error instanceof MalformedError)) throw error;
      throw incompatible('EPROTO', `its holder is of another version (${error.message})`, purpose);
    }
  }

  /** As `receive`, for a reply to which no descriptors belong: closes those that came with it. */
  receiveBare(purpose: Purpose): ReceivedReply['reply'] {
    const { reply, descriptors } = this.receive(purpose);
    closeAll(descriptors);
    return reply;
  }

  /**
   * Returns the first message that a holder sends. Returns undefined if it is the holder of another device than the one with
   * index `ifindex` in this network namespace: that device had the folder before, or has moved and its holder has not
   * followed it yet. Throws what `receive` throws.
   *
   * `holder` in it is what that process says of itself: see `namedByKernel`.
   */
  receiveGreeting(ifindex: number, purpose: Purpose): Greeting | undefined {
    const reply = this.receiveBare(purpose);
    if (reply.type !== 'greeting')
      throw incompatible('EBADMSG', 'its holder does not begin with a greeting', purpose);
    return reply.ifindex === ifindex && reply.netns === networkNamespaceCookie() ? reply : undefined;
  }

  [Symbol.dispose](): void {
    this.#memory[Symbol.dispose]();
    this.#socket[Symbol.dispose]();
  }
}

/**
 * Returns `greeting` with the process at the other end of the connection as its holder. Of one in a pid namespace that this process
 * does not see into, the kernel tells no pid.
 */
export function namedByKernel(greeting: Greeting, { pid }: PeerCredentials): Greeting {
  const command = pid === 0 ? greeting.holder.command : commandOf(pid);
  return { ...greeting, holder: { pid, command } };
}

function closeAll(descriptors: readonly Descriptor[]): void {
  for (const descriptor of descriptors) descriptor[Symbol.dispose]();
}

/**
 * The error if this process has no descriptor left. Then the kernel cuts off the descriptors of a message, as it does if they are too
 * many.
 */
function shortage(purpose: Purpose): SystemError | undefined {
  try {
    using _free = Descriptor.open('/dev/null', O_RDONLY, purpose);
    return undefined;
  } catch (error) {
    if (isSystemError(error, 'EMFILE', 'ENFILE')) return error;
    throw error;
  }
}

function ended(purpose: Purpose): SystemError {
  const detail = 'its holder has ended';
  return systemError({ ...purpose, code: 'ECONNRESET', syscall: 'holder', detail, reason: 'holder-ended' });
}

/** The error for a message that a holder of this version would not send. */
export function incompatible(code: string, detail: string, purpose: Purpose): SystemError {
  return systemError({ ...purpose, code, syscall: 'holder', detail, reason: 'holder-incompatible' });
}

/** The holder may have sent any code, also one that has no number on this machine. */
function refused({ code, syscall, detail, reason }: Refusal, purpose: Purpose): SystemError {
  return systemError({ ...purpose, errno: errnoOrZero(code), code, syscall, detail, reason });
}
