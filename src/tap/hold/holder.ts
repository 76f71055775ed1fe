import type { Link } from '../../netlink/link.js';
import type { Descriptor } from '../../sys/descriptor.js';
import { MessageMemory, type ReceivedMessage } from '../../sys/message-memory.js';
import { networkNamespaceCookie } from '../../sys/network-namespace.js';
import type { CreatedDevice } from '../device/device-creation.js';
import { removeHeldDevice } from '../device/held-device-removal.js';
import { setOffloadsByName } from '../device/offloads.js';
import { REPLY_BYTES_MAX } from '../lease/holder-message.js';
import {
  type Greeting,
  type HolderReply,
  type PassedConnection,
  refusal,
  refusalOf,
} from '../lease/holder-reply.js';
import { decodeRequest, type HolderRequest } from '../lease/holder-request.js';
import type { HolderSocket } from '../lease/holder-socket.js';
import { commandOf } from '../link/attached-processes.js';
import { identifyPeer } from './connecting-peer.js';
import { HandOver } from './hand-over.js';
import { HolderConnection } from './holder-connection.js';
import { HolderDoor } from './holder-listener.js';
import type { LendingRules } from './lending-rights.js';
import { followDevice } from './namespace-move.js';
import { QueueLending } from './queue-lending.js';

/** Users at once. Each of 128 queues may have a reader, and another beside him. */
export const CONNECTIONS_MAX = 320;
/** Those of them that only whoever may everything can have: others shut nobody out. */
const CONNECTIONS_RESERVED = 32;

export interface HolderOptions {
  /** To whom it lends. */
  readonly rules: LendingRules;
  /** More sockets that listen, handed to this process: it closes them. */
  readonly moreSockets?: readonly Descriptor[];
  /** Connections of the holder before, with their leases. */
  readonly connections?: readonly { readonly socket: Descriptor; readonly facts: PassedConnection }[];
  /** Somebody who may has asked it to end: dispose it. */
  readonly onRelease: () => void;
  /** Another process holds the device now, and this object is closed. */
  readonly onTakenOver: (pid: number) => void;
}

/**
 * Lends the queues of a device that this process keeps attached: one reader a queue, and whoever sends. It reads none
 * itself, and never waits for a user.
 */
export class Holder implements Disposable {
  readonly #device: CreatedDevice;
  #socket: HolderSocket;
  readonly #options: HolderOptions;
  readonly #memory = new MessageMemory(REPLY_BYTES_MAX);
  readonly #lending: QueueLending;
  readonly #connections = new Set<HolderConnection>();
  #door: HolderDoor;
  #netns = networkNamespaceCookie();
  readonly #command = commandOf(process.pid);
  #name: string;
  #handOver: HandOver | undefined;
  #open = true;

  /** Owns `device`, all of whose queues are attached, and `socket`. Begins to serve. */
  constructor(device: CreatedDevice, socket: HolderSocket, options: HolderOptions) {
    this.#device = device;
    this.#socket = socket;
    this.#options = options;
    this.#name = device.name;
    this.#lending = new QueueLending(device.queues, () => this.#socket.announce());
    try {
      for (const { socket, facts } of options.connections ?? []) this.#inherit(socket, facts);
      this.#door = this.#openDoor();
    } catch (error) {
      this.#close();
      throw error;
    }
  }

  /** Says that the device is called differently now. */
  rename(name: string): void {
    this.#name = name;
  }

  /** Follows the device to another network namespace: see `followDevice`. */
  follow(): Link | undefined {
    return followDevice(this, this.#device.queues[0]!.fd, this.#device.record);
  }

  /** Says that the device is `link` of another network namespace now, where users find `socket`; who is there stays. */
  move(link: Link, socket: HolderSocket): void {
    this.#device.moveTo(link);
    this.#door[Symbol.dispose]();
    this.#socket[Symbol.dispose]();
    this.#socket = socket;
    this.#name = link.name;
    this.#netns = networkNamespaceCookie();
    this.#door = this.#openDoor();
  }

  /** Closes everything, and leaves it as it is for a process that has it too. */
  abandon(): void {
    if (!this.#open) return;
    this.#handOver?.[Symbol.dispose]();
    this.#stopListening();
    this.#socket.abandon();
    this.#device.abandon();
    this.#close();
  }

  /** Ends: a device that is not persistent is gone when this returns, and users learn it last. */
  [Symbol.dispose](): void {
    if (!this.#open) return;
    this.#stopListening();
    this.#socket[Symbol.dispose]();
    const { ifindex, persistent } = this.#device;
    this.#device[Symbol.dispose]();
    if (this.#lending.happened && !persistent) removeHeldDevice(ifindex);
    this.#close();
  }

  #openDoor(): HolderDoor {
    return new HolderDoor(this.#sockets, (socket) => this.#greet(socket));
  }

  get #sockets(): readonly Descriptor[] {
    return [this.#socket.listening, ...(this.#options.moreSockets ?? [])];
  }

  #stopListening(): void {
    this.#open = false;
    this.#door[Symbol.dispose]();
    for (const socket of this.#options.moreSockets ?? []) socket[Symbol.dispose]();
  }

  #close(): void {
    for (const connection of this.#connections) connection[Symbol.dispose]();
    this.#connections.clear();
    this.#memory[Symbol.dispose]();
  }

  /** Tells who it is; who may not borrow learns no more, and is left. */
  #greet(socket: Descriptor): void {
    const connection = this.#connect(socket);
    const reserved = connection.right === 'everything' ? 0 : CONNECTIONS_RESERVED;
    const isFull = this.#connections.size >= CONNECTIONS_MAX - reserved;
    const admitted = connection.right !== 'nothing';
    const reply: HolderReply =
      isFull && admitted
        ? refusal('EAGAIN', `its holder serves ${this.#connections.size} users already`, 'holder-full')
        : this.#greeting(admitted);
    if (!connection.send(reply) || isFull || !admitted) connection[Symbol.dispose]();
    else this.#serve(connection);
  }

  #connect(socket: Descriptor): HolderConnection {
    const device = { ifindex: this.#device.ifindex, name: this.#name };
    const peer = identifyPeer(socket.fd, this.#options.rules, device);
    return new HolderConnection(socket, this.#memory, peer, {
      onMessage: (connection, message) => this.#hear(connection, message),
      onEnd: (connection) => this.#leave(connection),
    });
  }

  #serve(connection: HolderConnection): void {
    this.#connections.add(connection);
    connection.start();
  }

  #inherit(socket: Descriptor, { command, queues, share }: PassedConnection): void {
    const connection = this.#connect(socket);
    connection.rename(command);
    connection.share = share;
    this.#serve(connection);
    this.#lending.inherit(connection, queues);
  }

  #greeting(admitted: boolean): Greeting {
    return {
      type: 'greeting',
      holder: { pid: process.pid, command: this.#command },
      device: this.#name,
      ifindex: this.#device.ifindex,
      netns: this.#netns,
      queues: this.#device.queues.length,
      leases: this.#lending.leases,
      admitted,
    };
  }

  #leave(connection: HolderConnection): void {
    this.#connections.delete(connection);
    this.#lending.end(connection);
    connection[Symbol.dispose]();
    if (this.#handOver?.isTo(connection) === true) this.#resume();
  }

  #hear(connection: HolderConnection, { result, truncated, descriptors }: ReceivedMessage): void {
    // Nobody has to give us any.
    for (const descriptor of descriptors) descriptor[Symbol.dispose]();
    const request = truncated || descriptors.length > 0 ? undefined : this.#read(result);
    if (request === undefined) {
      connection.send(
        refusal('EBADMSG', 'its holder does not understand what it was asked', 'holder-incompatible'),
      );
      this.#leave(connection);
      return;
    }
    const answered = this.#answer(connection, request);
    if (!answered) this.#leave(connection);
  }

  #read(length: number): HolderRequest | undefined {
    try {
      return decodeRequest(this.#memory.data(length));
    } catch {
      return undefined;
    }
  }

  /** False where the connection is of no use any more. */
  #answer(connection: HolderConnection, request: HolderRequest): boolean {
    switch (request.type) {
      case 'lease':
        return this.#lending.lease(connection, request, this.#name);
      case 'send':
        return this.#lending.lend(connection, request.queues);
      case 'persist':
        return this.#attempt(connection, () => this.#device.setPersistent(request.on));
      case 'offload':
        return this.#attempt(connection, () => {
          setOffloadsByName(this.#device.queues[0]!, request.offloads, {
            action: 'change',
            object: this.#name,
          });
        });
      case 'release':
        return this.#privileged(connection, () => this.#options.onRelease());
      case 'take-over':
        return this.#privileged(connection, () => this.#beginHandOver(connection));
      case 'taken':
        if (this.#handOver?.isTo(connection) !== true) return false;
        this.#endHandOver(connection);
        return true;
    }
  }

  #attempt(connection: HolderConnection, attempt: () => void): boolean {
    try {
      attempt();
      return connection.send({ type: 'done' });
    } catch (error) {
      return connection.send(refusalOf(error));
    }
  }

  #privileged(connection: HolderConnection, action: () => void): boolean {
    if (connection.right !== 'everything')
      return connection.send(refusal('EPERM', 'only root and the user of its holder may', 'ending-denied'));
    action();
    return true;
  }

  #beginHandOver(connection: HolderConnection): void {
    if (this.#handOver !== undefined) {
      connection.send(refusal('EBUSY', 'it is being handed over already', 'holder-handing-over'));
      return;
    }
    this.#door.pause();
    const others = [...this.#connections].filter((other) => other !== connection);
    for (const other of others) other.pause();
    this.#handOver = new HandOver(connection, () => {
      // What it said at the last moment counts: it would hold the device from then on.
      connection.listenNow();
      if (this.#handOver?.isTo(connection) === true && this.#open) this.#leave(connection);
    });
    const sent = this.#handOver.send({
      persistent: this.#device.persistent,
      group: this.#options.rules.group,
      sockets: [this.#socket.lock.fd, ...this.#sockets.map(({ fd }) => fd)],
      queues: this.#device.queues.map(({ fd }) => fd),
      connections: others.map((other) => ({
        fd: other.fd,
        facts: { ...other.user, queues: this.#lending.queuesOf(other), share: other.share },
      })),
    });
    if (!sent) this.#leave(connection);
  }

  /** Nobody took it: everything is as before. */
  #resume(): void {
    this.#handOver?.[Symbol.dispose]();
    this.#handOver = undefined;
    this.#door.resume();
    for (const connection of this.#connections) connection.resume();
  }

  #endHandOver(connection: HolderConnection): void {
    const { pid } = connection.user;
    this.abandon();
    this.#options.onTakenOver(pid);
  }
}
