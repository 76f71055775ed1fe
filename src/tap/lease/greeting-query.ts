import { constants } from 'node:fs';
import { MalformedError } from '../../errors.js';
import { Descriptor, O_RDONLY } from '../../sys/descriptor.js';
import { DescriptorWatch } from '../../sys/descriptor-watch.js';
import { isSystemError } from '../../sys/errno.js';
import { MessageMemory } from '../../sys/message-memory.js';
import { networkNamespaceCookie } from '../../sys/network-namespace.js';
import { Ownership } from '../../sys/ownership.js';
import { throughDirectory } from '../../sys/unix-address.js';
import { connectUnix } from '../../sys/unix-socket.js';
import { REPLY_BYTES_MAX } from './holder-message.js';
import { decodeReply, type Greeting } from './holder-reply.js';
import { HOLDER_SOCKET } from './holder-socket.js';

/** What connecting answers where nobody listens. */
const NOBODY = ['ENOENT', 'ECONNREFUSED', 'EACCES', 'ENOTDIR', 'EPROTOTYPE'] as const;

/**
 * What the holder of a device says of itself; `absent` where there is none, `unknown` where there may be one: it has no
 * room, ends just now, or speaks otherwise, or this process has no descriptor left.
 */
export type QueriedHolder = Greeting | 'absent' | 'unknown';

/** One question to the holder of a device, which nobody waits for. */
export class GreetingQuery implements Disposable {
  readonly #owned: Ownership;

  private constructor(owned: Ownership) {
    this.#owned = owned;
  }

  /**
   * Asks the holder of the device with index `ifindex` by the socket in `folder`: `onAnswer` is called once, later. What is
   * known without asking is returned instead.
   */
  static begin(
    folder: string,
    ifindex: number,
    onAnswer: (answer: QueriedHolder) => void,
  ): GreetingQuery | Exclude<QueriedHolder, Greeting> {
    const owned = new Ownership();
    try {
      const socket = owned.own(connect(folder));
      const memory = owned.own(new MessageMemory(REPLY_BYTES_MAX));
      const answer = () => {
        const greeting = receiveAnswer(socket, memory, ifindex);
        owned[Symbol.dispose]();
        onAnswer(greeting);
      };
      owned.own(DescriptorWatch.readable(socket.fd, answer));
      return new GreetingQuery(owned);
    } catch (error) {
      owned[Symbol.dispose]();
      if (isSystemError(error, ...NOBODY)) return 'absent';
      if (isSystemError(error)) return 'unknown';
      throw error;
    }
  }

  /** Gives up: no answer comes any more. */
  [Symbol.dispose](): void {
    this.#owned[Symbol.dispose]();
  }
}

function connect(folder: string): Descriptor {
  const purpose = { action: 'watch', object: folder };
  using directory = Descriptor.open(folder, O_RDONLY | constants.O_DIRECTORY, purpose);
  return connectUnix(throughDirectory(directory.fd, HOLDER_SOCKET), purpose);
}

function receiveAnswer(socket: Descriptor, memory: MessageMemory, ifindex: number): QueriedHolder {
  const { result, truncated, descriptors } = memory.receive(socket.fd);
  for (const descriptor of descriptors) descriptor[Symbol.dispose]();
  if (result <= 0 || truncated) return 'unknown';
  try {
    const reply = decodeReply(memory.data(result));
    if (reply.type !== 'greeting') return 'unknown';
    // Another device had this folder, or its holder has not followed it yet.
    return reply.ifindex === ifindex && reply.netns === networkNamespaceCookie() ? reply : 'absent';
  } catch (error) {
    if (error instanceof MalformedError || isSystemError(error)) return 'unknown';
    throw error;
  }
}
