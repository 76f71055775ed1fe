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
import { TapDescriptor } from '../link/tap-descriptor.js';
import { KERNEL_QUEUES_MAX } from '../state/limits.js';
import { openDeviceDirectory } from '../state/runtime-directory.js';
import { CONNECTIONS_MAX, Holder, type InheritedConnection } from './holder.js';
import { type HolderStartOptions, lendingRules, noRuntimeDirectory } from './holder-start.js';

const ACTION = 'take over';

/**
 * Makes this process the holder of `link` in place of the one that runs: takes over its sockets, its users with their leases,
 * and every queue with the frames that wait in it. The other holder ends when everything has arrived. `HandOver` is its side.
 *
 * Throws a SystemError with ESRCH if there is no holder, with EPERM if this user may not take over.
 */
export function takeOver(
  link: Link,
  options: HolderStartOptions,
): { readonly holder: Holder; readonly queueCount: number } {
  using client = HolderClient.requireRunning(link, ACTION);
  client.assertAdmitted(ACTION, 'ending-denied');
  client.send({ type: 'take-over' }, ACTION);
  const parts = new ReceivedParts(link);
  let device: CreatedDevice | undefined;
  let holder: Holder | undefined;
  try {
    parts.receive(client);
    device = CreatedDevice.inherit(link, parts.taps, parts.persistent);
    holder = makeHolder(link, device, parts, options);
    confirm(client);
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
  parts: ReceivedParts,
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

/** What an old holder hands over, message by message. Owns it until a new holder does. */
class ReceivedParts implements Disposable {
  persistent = false;
  group: number | undefined;
  /** The lock, the socket in the device's folder, and the other listening sockets. */
  sockets: readonly Descriptor[] = [];
  readonly taps: TapDescriptor[] = [];
  readonly connections: InheritedConnection[] = [];
  readonly #link: Link;
  readonly #owned = new Ownership();

  constructor(link: Link) {
    this.#link = link;
  }

  /** Receives all messages. Throws a SystemError with EBADMSG for messages that make no holder. */
  receive(client: HolderClient): void {
    let isComplete = false;
    while (!isComplete) {
      const message = client.next(ACTION);
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
        this.sockets = descriptors;
        return false;
      case 'queues':
        this.#assert(
          count > 0 && count === reply.queues.length && this.taps.length + count <= KERNEL_QUEUES_MAX,
        );
        for (const descriptor of descriptors)
          this.taps.push(TapDescriptor.adopt(descriptor, this.#link, ACTION));
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
      object: this.#link.name,
      code: 'EBADMSG',
      syscall: 'holder',
      detail: 'its holder passed incomplete data',
      reason: 'holder-incompatible',
    });
  }
}
