import { MESSAGE_DESCRIPTORS_MAX } from '../../sys/message-memory.js';
import type { HolderReply, PassedConnection } from '../lease/holder-reply.js';
import type { HolderConnection } from './holder-connection.js';

/** How long the new holder is waited for before the old one goes on. */
const ANSWER_MS = 10_000;
/** So that a message with the queues of each stays below the limit. */
const CONNECTIONS_PER_MESSAGE = 64;

/** Everything that makes a holder. Descriptors are the old holder's still. */
export interface HolderParts {
  readonly persistent: boolean;
  readonly group: number | undefined;
  /** The lock, the socket in the device's folder, and more that listen. */
  readonly sockets: readonly number[];
  readonly queues: readonly number[];
  readonly connections: readonly { readonly fd: number; readonly facts: PassedConnection }[];
}

/** A hand-over that was begun: the old holder does nothing until the new one says that it has all. */
export class HandOver implements Disposable {
  readonly #successor: HolderConnection;
  readonly #timer: NodeJS.Timeout;

  /** @param onLate the successor has not answered in time */
  constructor(successor: HolderConnection, onLate: () => void) {
    this.#successor = successor;
    successor.keep();
    this.#timer = setTimeout(onLate, ANSWER_MS);
  }

  isTo(connection: HolderConnection): boolean {
    return connection === this.#successor;
  }

  /** Sends all of `parts`; false where the successor does not read it. */
  send(parts: HolderParts): boolean {
    const { persistent, group, sockets } = parts;
    return (
      this.#send({ type: 'handing-over', persistent, group }, sockets) &&
      this.#sendQueues(parts.queues) &&
      this.#sendConnections(parts.connections) &&
      this.#send({ type: 'all' }, [])
    );
  }

  [Symbol.dispose](): void {
    clearTimeout(this.#timer);
  }

  #sendQueues(queues: readonly number[]): boolean {
    for (let first = 0; first < queues.length; first += MESSAGE_DESCRIPTORS_MAX) {
      const part = queues.slice(first, first + MESSAGE_DESCRIPTORS_MAX);
      if (!this.#send({ type: 'queues', queues: part.map((_, index) => first + index) }, part)) return false;
    }
    return true;
  }

  #sendConnections(connections: HolderParts['connections']): boolean {
    for (let first = 0; first < connections.length; first += CONNECTIONS_PER_MESSAGE) {
      const part = connections.slice(first, first + CONNECTIONS_PER_MESSAGE);
      const reply: HolderReply = { type: 'connections', connections: part.map(({ facts }) => facts) };
      const descriptors = part.map(({ fd }) => fd);
      if (!this.#send(reply, descriptors)) return false;
    }
    return true;
  }

  #send(reply: HolderReply, descriptors: readonly number[]): boolean {
    return this.#successor.send(reply, descriptors);
  }
}
