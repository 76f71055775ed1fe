import type { Link } from '../../netlink/link.js';
import type { Descriptor } from '../../sys/descriptor.js';
import { MessageMemory } from '../../sys/message-memory.js';
import { networkNamespaceCookie } from '../../sys/network-namespace.js';
import { listenAgain } from '../../sys/unix-socket.js';
import type { CreatedDevice } from '../device/device-creation.js';
import { removeHeldDevice } from '../device/device-removal.js';
import { REPLY_BYTES_MAX } from '../lease/holder-message.js';
import {
  type Greeting,
  type HolderReply,
  type PassedConnection,
  type Restoration,
  refusal,
} from '../lease/holder-reply.js';
import type { HolderSocket } from '../lease/holder-socket.js';
import { commandOf } from '../link/attached-processes.js';
import { identifyPeer } from './connecting-peer.js';
import { type DeviceFacts, describeChanges, readDeviceFacts } from './device-facts.js';
import { DeviceUpkeep, type UpkeepState } from './device-upkeep.js';
import { FollowedRule } from './followed-rule.js';
import { HandOver, type HolderParts } from './hand-over.js';
import { HolderConnection } from './holder-connection.js';
import { HolderListener } from './holder-listener.js';
import type { HeldDevice } from './kept-settings.js';
import type { LendingRules } from './lending-rights.js';
import { followDevice } from './namespace-move.js';
import { QueueLending } from './queue-lending.js';
import type { QueueEvent } from './queue-states.js';
import { handleRequest, type ReceivedRequest } from './request-handling.js';

/** Most users at once: each of 128 queues may have two readers, and there is room for more. */
export const CONNECTIONS_MAX = 320;
/** Connections that only users with every right can have, so that others cannot shut them out. */
const CONNECTIONS_RESERVED = 32;

/** A connection of the previous holder, and what that holder handed over about it. */
export interface InheritedConnection {
  readonly socket: Descriptor;
  readonly details: PassedConnection;
}

/** What a holder takes over, and what it calls. */
export interface HolderOptions {
  /** Which users it lends to. */
  readonly rules: LendingRules;
  /** More listening sockets, from a service manager or the previous holder. Owned by this holder. */
  readonly moreSockets?: readonly Descriptor[];
  /** Connections of the previous holder, with their leases. Owned by this holder. */
  readonly connections?: readonly InheritedConnection[];
  /** What the previous holder has handed over. undefined if this holder is the first. */
  readonly before?: UpkeepState | undefined;
  /** Calls `noteEvent` for each event of the kernel that has arrived. */
  readonly readEvents: () => void;
  /** Called when the holder has put back what a borrower had changed. */
  readonly onRestored: (restoration: Restoration) => void;
  /** Called when a user with every right has requested the end of the holder: dispose it then. */
  readonly onRelease: () => void;
  /** The device has another owner, group or size of header: `changes` says what, a sentence each. */
  readonly onDeviceChanged: (changes: readonly string[]) => void;
  /** The process `pid` holds the device now, and this object is closed. */
  readonly onTakenOver: (pid: number) => void;
}

/**
 * Lends the queues of a device that this process keeps attached: each to one reader, and to any number of senders. It reads no
 * queue itself, and never waits for a user.
 */
export class Holder implements Disposable {
  readonly #device: CreatedDevice;
  #socket: HolderSocket;
  readonly #options: HolderOptions;
  readonly #memory = new MessageMemory(REPLY_BYTES_MAX);
  readonly #upkeep: DeviceUpkeep;
  readonly #lending: QueueLending;
  readonly #connections = new Set<HolderConnection>();
  #listener: HolderListener;
  #netns = networkNamespaceCookie();
  readonly #command = commandOf(process.pid);
  #name: string;
  #facts: DeviceFacts | undefined;
  readonly #rule = new FollowedRule((text) => this.#options.onDeviceChanged([text]));
  #handOver: HandOver | undefined;
  #open = true;

  /**
   * Begins to serve. Owns `device`, whose queues must all be attached, and `socket`. If this throws, the caller still owns them
   * and `moreSockets`.
   */
  constructor(device: CreatedDevice, socket: HolderSocket, options: HolderOptions) {
    this.#device = device;
    this.#socket = socket;
    this.#options = options;
    this.#name = device.name;
    this.#facts = this.#readFacts();
    const { readEvents, before } = options;
    this.#upkeep = new DeviceUpkeep(device.queues, { name: () => this.#name, readEvents, before });
    this.#lending = new QueueLending(device.queues, this.#upkeep, () => this.#socket.announce());
    try {
      for (const { socket, details } of options.connections ?? []) this.#inherit(socket, details);
      if (before !== undefined) this.#restoreInherited(before);
      this.#listener = this.#listen();
    } catch (error) {
      this.#close();
      throw error;
    }
  }

  /** Takes note of the new name of the device. */
  rename(name: string): void {
    this.#name = name;
  }

  /** Takes note of an event of the kernel about the device. */
  noteEvent(event: QueueEvent): void {
    if (!this.#open || !this.#upkeep.note(event)) return;
    this.#rule.follow(this.#held, this.#upkeep.state.indexes);
    this.#socket.announce();
  }

  /** Takes note that events of the kernel were lost. */
  noteOverrun(): void {
    this.#upkeep.doubt();
  }

  /**
   * Follows the device to another network namespace, with this whole process. Connections and leases stay. Returns the link
   * there. Returns undefined, or throws, if `followDevice` does.
   */
  follow(): Link | undefined {
    const { queues, record, ifindex } = this.#device;
    const moved = followDevice(queues[0]!.fd, record, ifindex);
    if (moved === undefined) return undefined;
    const { link, socket } = moved;
    this.#device.moveTo(link);
    this.#listener[Symbol.dispose]();
    this.#socket[Symbol.dispose]();
    this.#socket = socket;
    this.#name = link.name;
    this.#netns = networkNamespaceCookie();
    this.#listener = this.#listen();
    return link;
  }

  /** Closes everything in this process. Device and socket stay, for the process that has taken over. */
  abandon(): void {
    if (!this.#open) return;
    this.#handOver?.[Symbol.dispose]();
    this.#stopListening();
    this.#socket.abandon();
    this.#device.abandon();
    this.#close();
  }

  /** Ends the holder. A device that is not persistent is gone before the connections of the users end. */
  [Symbol.dispose](): void {
    if (!this.#open) return;
    this.#stopListening();
    this.#socket[Symbol.dispose]();
    const { ifindex, persistent } = this.#device;
    this.#device[Symbol.dispose]();
    if (this.#lending.happened && !persistent) removeHeldDevice(ifindex);
    this.#close();
  }

  #listen(): HolderListener {
    return new HolderListener(this.#sockets, (socket) => this.#greet(socket));
  }

  get #held(): HeldDevice {
    return { device: this.#device, name: this.#name };
  }

  get #sockets(): readonly Descriptor[] {
    return [this.#socket.listening, ...(this.#options.moreSockets ?? [])];
  }

  #stopListening(): void {
    this.#open = false;
    this.#listener[Symbol.dispose]();
    for (const socket of this.#options.moreSockets ?? []) socket[Symbol.dispose]();
  }

  #close(): void {
    for (const connection of this.#connections) connection[Symbol.dispose]();
    this.#connections.clear();
    this.#memory[Symbol.dispose]();
  }

  /** Sends the greeting. Closes the connection of a user that may not borrow, or if there is no room for one more user. */
  #greet(socket: Descriptor): void {
    this.#checkDevice();
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
      onMessage: (connection, bytes, descriptors) => this.#handle(connection, { bytes, descriptors }),
      onEnd: (connection) => this.#leave(connection),
    });
  }

  #serve(connection: HolderConnection): void {
    this.#connections.add(connection);
    connection.start();
  }

  #inherit(socket: Descriptor, details: PassedConnection): void {
    const connection = this.#connect(socket);
    connection.rename(details.command);
    connection.share = details.share;
    this.#serve(connection);
    this.#lending.inherit(connection, details);
  }

  /** The previous holder may be of a version that restores nothing, or borrowers may have changed something since it handed over. */
  #restoreInherited({ settings }: UpkeepState): void {
    if (settings === undefined) this.#upkeep.remember();
    this.#rule.inherit(this.#upkeep.state.indexes);
    const restored = this.#lending.restore();
    if (restored !== undefined) this.#noteRestored(restored);
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
      ...this.#upkeep.report,
    };
  }

  #leave(connection: HolderConnection): void {
    this.#connections.delete(connection);
    this.#checkDevice();
    const restored = this.#lending.end(connection);
    if (restored !== undefined) this.#noteRestored(restored);
    connection[Symbol.dispose]();
    if (this.#handOver?.isTo(connection) === true) this.#resume();
  }

  #noteRestored(restored: Restoration): void {
    this.#facts = this.#readFacts() ?? this.#facts;
    this.#rule.follow(this.#held, this.#upkeep.state.indexes);
    this.#options.onRestored(restored);
  }

  /** Every user with a queue can change these facts. */
  #checkDevice(): void {
    const before = this.#facts;
    const present = this.#readFacts();
    this.#facts = present ?? before;
    if (before === undefined || present === undefined) return;
    const changes = describeChanges(this.#name, before, present);
    if (changes.length > 0) this.#options.onDeviceChanged(changes);
  }

  #readFacts(): DeviceFacts | undefined {
    const { ifindex, queues } = this.#device;
    return readDeviceFacts(queues[0]!.fd, { ifindex, name: this.#name });
  }

  #handle(connection: HolderConnection, message: ReceivedRequest): void {
    const isUseful = handleRequest(connection, message, {
      device: this.#device,
      name: this.#name,
      lending: this.#lending,
      noteOffloads: () => this.#upkeep.rememberOffloads(),
      noteSteering: () => this.#rule.replace(this.#held, this.#upkeep.state.indexes),
      release: () => this.#options.onRelease(),
      beginHandOver: (successor) => this.#beginHandOver(successor),
      endHandOver: (successor) => this.#endHandOver(successor),
    });
    if (!isUseful) this.#leave(connection);
  }

  #beginHandOver(connection: HolderConnection): void {
    if (this.#handOver !== undefined) {
      connection.send(refusal('EBUSY', 'another process is already taking it over', 'holder-handing-over'));
      return;
    }
    this.#listener.pause();
    const others = [...this.#connections].filter((other) => other !== connection);
    for (const other of others) other.pause();
    this.#handOver = new HandOver(connection, () => this.#giveUpHandOver(connection));
    if (!this.#handOver.send(this.#parts(others))) this.#leave(connection);
  }

  /** Everything that the successor needs to hold the device and to serve the users of `connections`. */
  #parts(connections: readonly HolderConnection[]): HolderParts {
    return {
      persistent: this.#device.persistent,
      group: this.#options.rules.group,
      sockets: [this.#socket.lock.fd, ...this.#sockets.map(({ fd }) => fd)],
      queues: this.#device.queues.map(({ fd }) => fd),
      connections: connections.map((connection) => {
        const { fd, user, share, lasting, passive } = connection;
        const queues = this.#lending.queuesOf(connection);
        const nature = { ...(lasting ? { process: true } : {}), ...(passive ? { passive } : {}) };
        return { fd, details: { ...user, queues, share, ...nature } };
      }),
      ...this.#upkeep.state,
    };
  }

  #giveUpHandOver(connection: HolderConnection): void {
    // The successor may have confirmed at the last moment: it holds the device then, and this holder must end.
    connection.receiveNow();
    if (this.#handOver?.isTo(connection) === true && this.#open) this.#leave(connection);
  }

  /** Goes on as before: the successor has left without taking over. */
  #resume(): void {
    this.#handOver?.[Symbol.dispose]();
    this.#handOver = undefined;
    // The successor may have listened at the sockets already: then the kernel would go on naming it.
    for (const { fd } of this.#sockets) listenAgain(fd, { action: 'serve', object: this.#name });
    this.#listener.resume();
    for (const connection of this.#connections) connection.resume();
  }

  /** Returns false, and does nothing, for a connection that takes nothing over. */
  #endHandOver(connection: HolderConnection): boolean {
    if (this.#handOver?.isTo(connection) !== true) return false;
    const { pid } = connection.user;
    this.abandon();
    this.#options.onTakenOver(pid);
    return true;
  }
}
