import { MESSAGE_DESCRIPTORS_MAX } from '../../sys/message-memory.js';
import type { DeviceSettings, HolderReply, PassedConnection } from '../lease/holder-reply.js';
import type { HolderConnection } from './holder-connection.js';

/** How long the successor may take to confirm. Then the old holder goes on. */
const ANSWER_MS = 10_000;
/** Keeps a message that names the queues of each connection below REPLY_BYTES_MAX. */
const CONNECTIONS_PER_MESSAGE = 64;

/** All that a successor needs to become the holder. The old holder owns the descriptors. */
export interface HolderParts {
  readonly persistent: boolean;
  readonly group: number | undefined;
  /** The lock, the socket in the device's folder, and the other listening sockets. */
  readonly sockets: readonly number[];
  readonly queues: readonly number[];
  /** As in the first message of a hand-over. */
  readonly settings: DeviceSettings | undefined;
  readonly indexes: readonly number[] | undefined;
  readonly connections: readonly { readonly fd: number; readonly details: PassedConnection }[];
}

/**
 * The old holder's side of a take-over: sends all parts to the successor. The old holder serves no user until the successor
 * confirms. `takeOver` is the other side.
 */
export class HandOver implements Disposable {
  readonly #successor: HolderConnection;
  readonly #timer: NodeJS.Timeout;

  /** @param onLate called if the successor has not confirmed in time */
  constructor(successor: HolderConnection, onLate: () => void) {
    this.#successor = successor;
    successor.keep();
    this.#timer = setTimeout(onLate, ANSWER_MS);
  }

  isTo(connection: HolderConnection): boolean {
    return connection === this.#successor;
  }

  /** Returns false if the successor does not read what is sent. */
  send(parts: HolderParts): boolean {
    const { persistent, group, sockets, settings, indexes } = parts;
    const upkeep = { ...(settings && { settings }), ...(indexes && { indexes }) };
    return (
      this.#send({ type: 'handing-over', persistent, group, ...upkeep }, sockets) &&
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
      const reply: HolderReply = { type: 'connections', connections: part.map(({ details }) => details) };
      const descriptors = part.map(({ fd }) => fd);
      if (!this.#send(reply, descriptors)) return false;
    }
    return true;
  }

  #send(reply: HolderReply, descriptors: readonly number[]): boolean {
    return this.#successor.send(reply, descriptors);
  }
}
