import type { Link } from '../../netlink/link.js';
import type { Descriptor } from '../../sys/descriptor.js';
import { systemError } from '../../sys/errno.js';
import { Ownership } from '../../sys/ownership.js';
import { listenAgain } from '../../sys/unix-socket.js';
import { CreatedDevice } from '../device/device-creation.js';
import type { ReceivedReply } from '../lease/holder-channel.js';
import { HolderClient } from '../lease/holder-client.js';
import { HolderSocket } from '../lease/holder-socket.js';
import { isAlive } from '../link/attached-processes.js';
import { adoptQueues } from '../link/foreign-queues.js';
import type { TapDescriptor } from '../link/tap-descriptor.js';
import { KERNEL_QUEUES_MAX } from '../state/limits.js';
import { openDeviceDirectory } from '../state/runtime-directory.js';
import type { UpkeepState } from './device-upkeep.js';
import { CONNECTIONS_MAX, Holder, type InheritedConnection } from './holder.js';
import { type HolderStartOptions, lendingRules, noRuntimeDirectory } from './holder-start.js';

const ACTION = 'take over';

/**
 * Lets the present holder of `link` hand over everything, and waits for it, without the event loop. `takeOver` goes on from there.
 * Until then the other holder goes on if this process ends, or disposes what is returned.
 *
 * Throws a SystemError with ESRCH if there is no holder, with EPERM if this user may not take over.
 */
export function receiveHandOver(link: Link): HandedOver {
  const parts = new HandedOver(link, HolderClient.requireRunning(link, ACTION));
  try {
    parts.receive();
    return parts;
  } catch (error) {
    parts[Symbol.dispose]();
    throw error;
  }
}

/**
 * Makes this process the holder in place of the one that has handed over `parts`: its sockets, its users with their leases, and every
 * queue with the frames that wait in it. The other holder ends. `HandOver` is its side. Throws a SystemError if the other holder has
 * given up waiting.
 */
export function takeOver(
  parts: HandedOver,
  options: HolderStartOptions,
): { readonly holder: Holder; readonly queueCount: number } {
  const { client, link } = parts;
  let device: CreatedDevice | undefined;
  let holder: Holder | undefined;
  try {
    device = CreatedDevice.inherit(link, parts.taps, parts.persistent);
    holder = makeHolder(link, device, parts, options);
    confirm(client);
    client[Symbol.dispose]();
    return { holder, queueCount: device.queueCount };
  } catch (error) {
    holder?.abandon();
    device?.abandon();
    parts[Symbol.dispose]();
    for (const socket of options.moreSockets ?? []) socket[Symbol.dispose]();
    throw error;
  }
}

function makeHolder(
  link: Link,
  device: CreatedDevice,
  parts: HandedOver,
  options: HolderStartOptions,
): Holder {
  const directory = openDeviceDirectory(link.index, { owner: link.tun?.owner, group: link.tun?.group });
  if (directory === undefined) throw noRuntimeDirectory(link.name, ACTION);
  const [lock, listening, ...others] = parts.sockets;
  const socket = HolderSocket.inherit(directory, link.name, listening!, lock!);
  for (const { fd } of others) listenAgain(fd, { action: ACTION, object: link.name });
  return new Holder(device, socket, {
    ...options,
    moreSockets: [...others, ...(options.moreSockets ?? [])],
    rules: lendingRules(options.group ?? parts.group),
    connections: parts.connections,
    before: parts.before,
  });
}

/**
 * Lets the old holder end. If it has given up waiting, it goes on, and this throws. If it has died, the new holder is the only
 * one, and this does not throw.
 */
function confirm(client: HolderClient): void {
  try {
    client.send({ type: 'taken' }, ACTION);
  } catch (error) {
    if (isAlive(client.greeting.holder.pid)) throw error;
  }
}

/** What an old holder hands over, message by message, with the connection to it. Owns both until a new holder does. */
export class HandedOver implements Disposable {
  readonly link: Link;
  readonly client: HolderClient;
  persistent = false;
  group: number | undefined;
  /** What the old holder hands over about the device. undefined if the old holder is of an older version. */
  before: UpkeepState = { settings: undefined, indexes: undefined };
  /** The lock, the socket in the device's folder, and the other listening sockets. */
  sockets: readonly Descriptor[] = [];
  readonly taps: TapDescriptor[] = [];
  readonly connections: InheritedConnection[] = [];
  readonly #owned = new Ownership();

  /** Owns `client`. */
  constructor(link: Link, client: HolderClient) {
    this.link = link;
    this.client = client;
    this.#owned.own(client);
  }

  /**
   * Requests everything, and receives all messages. Throws a SystemError with EBADMSG for messages that make no holder, with EPERM
   * or EACCES if this user may not take over.
   */
  receive(): void {
    this.client.assertAdmitted(ACTION, 'ending-denied');
    this.client.assertTrusted(ACTION);
    this.client.send({ type: 'take-over' }, ACTION);
    let isComplete = false;
    while (!isComplete) {
      const message = this.client.next(ACTION);
      for (const descriptor of message.descriptors) this.#owned.own(descriptor);
      isComplete = this.#take(message);
    }
  }

  [Symbol.dispose](): void {
    this.#owned[Symbol.dispose]();
  }

  /** Returns whether this was the last message. */
  #take({ reply, descriptors }: ReceivedReply): boolean {
    const count = descriptors.length;
    switch (reply.type) {
      case 'handing-over':
        this.#assert(count >= 2 && this.sockets.length === 0);
        this.persistent = reply.persistent;
        this.group = reply.group;
        this.before = { settings: reply.settings, indexes: reply.indexes };
        this.sockets = descriptors;
        return false;
      case 'queues':
        this.#assert(
          count > 0 && count === reply.queues.length && this.taps.length + count <= KERNEL_QUEUES_MAX,
        );
        this.taps.push(...adoptQueues(descriptors, this.link, { action: ACTION, object: this.link.name }));
        return false;
      case 'connections':
        this.#assert(
          count === reply.connections.length && this.connections.length + count <= CONNECTIONS_MAX,
        );
        for (const [index, details] of reply.connections.entries())
          this.connections.push({ socket: descriptors[index]!, details });
        return false;
      default:
        this.#assert(reply.type === 'all' && count === 0 && this.taps.length > 0 && this.sockets.length > 0);
        return true;
    }
  }

  #assert(isValid: boolean): void {
    if (isValid) return;
    throw systemError({
      action: ACTION,
      object: this.link.name,
      code: 'EBADMSG',
      syscall: 'holder',
      detail: 'its holder passed incomplete data',
      reason: 'holder-incompatible',
    });
  }
}
