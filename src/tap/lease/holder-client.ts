import type { ErrorReason, SystemError } from '../../errors.js';
import type { Link, LinkOutline } from '../../netlink/link.js';
import type { Descriptor } from '../../sys/descriptor.js';
import { isSystemError, systemError } from '../../sys/errno.js';
import type { Purpose } from '../../sys/libc.js';
import { mayAdministerNamespace } from '../../sys/network-namespace.js';
import { Ownership } from '../../sys/ownership.js';
import { hasAttached } from '../link/attached-processes.js';
import { assertRuntimeRootsReadable, findDeviceDirectory, runtimeRoots } from '../state/runtime-directory.js';
import { isStableFolder, isTrustedFolder } from '../state/trusted-folder.js';
import { isTrustedUser } from '../state/trusted-user.js';
import { HolderChannel, incompatible, namedByKernel, type ReceivedReply } from './holder-channel.js';
import type { Greeting } from './holder-reply.js';
import type { FilterWords, HolderRequest, SteeringWords } from './holder-request.js';
import { HOLDER_SOCKET } from './holder-socket.js';
import { END_MS, notLetGo, REPLY_MS, START_MS, waitForReply } from './reply-wait.js';
import { UnresponsiveHolderError } from './unresponsive-holder.js';

/** How long to wait between two looks at what the process of a holder has open. */
const LET_GO_RETRY_MS = 5;
/** How long to wait between attempts to connect while the holder's queue of connections is full. */
const CONNECT_RETRY_MS = 5;

/** Queues of a holder, with their descriptors in the same order. The caller owns the descriptors. */
export interface BorrowedQueues {
  readonly numbers: readonly number[];
  readonly descriptors: readonly Descriptor[];
  /** Whether the lease lasts as long as this process, even without the connection. */
  readonly lasting: boolean;
}

/** How queues are leased. */
export interface LeaseOptions {
  /** Compete with other readers of the queues. */
  readonly share: boolean;
  /** How the holder names this reader. */
  readonly command: string;
  /**
   * The lease lasts as long as this process, whatever program it becomes, and the program may change the device. @default false
   */
  readonly lasting?: boolean;
}

/**
 * A connection to the holder of a device. Its methods wait for the reply, without the event loop, and throw a SystemError if
 * the holder refuses. A lease lasts until this is disposed.
 */
export class HolderClient implements Disposable {
  readonly greeting: Greeting;
  readonly #channel: HolderChannel;
  /** Whether the holder and the kernel name the same process. */
  readonly #isNamedByKernel: boolean;
  readonly #folder: string;
  readonly #object: string;

  private constructor(channel: HolderChannel, greeting: Greeting, { folder }: Place, object: string) {
    const { peer } = channel;
    this.#channel = channel;
    this.greeting = namedByKernel(greeting, peer);
    this.#isNamedByKernel = peer.pid === 0 || peer.pid === greeting.holder.pid;
    this.#folder = folder;
    this.#object = object;
  }

  /**
   * Connects to the holder of `link`. If none runs, a service manager may start one. Returns undefined if there is no holder,
   * or only the socket of one that died.
   *
   * Throws an UnresponsiveHolderError with ETIMEDOUT if the holder does not reply, with EAGAIN if it serves too many users.
   * Throws a plain SystemError with EAGAIN if too many users wait to be accepted: then the holder is not known.
   *
   * @param action what the connection is for, as messages of errors name it
   */
  static find(link: LinkOutline, action: string): HolderClient | undefined {
    return HolderClient.#findAt([...devicePlaces(link), ...servicePlaces(link)], link, action);
  }

  /** As `find`, but never lets a service manager start a holder. */
  static findRunning(link: LinkOutline, action: string): HolderClient | undefined {
    return HolderClient.#findAt(devicePlaces(link), link, action);
  }

  /** As `findRunning`. Throws a SystemError with ESRCH if there is no holder. */
  static requireRunning(link: LinkOutline, action: string): HolderClient {
    const client = HolderClient.findRunning(link, action);
    if (client !== undefined) return client;
    // A holder that this user may not see is no missing one.
    assertRuntimeRootsReadable();
    throw systemError({
      action,
      object: link.name,
      code: 'ESRCH',
      syscall: 'holder',
      detail: 'it has no holder',
      reason: 'no-holder',
    });
  }

  static #findAt(places: readonly Place[], link: LinkOutline, action: string): HolderClient | undefined {
    for (const place of places) {
      const client = HolderClient.#connect(place, link, { action, object: link.name });
      if (client !== undefined) return client;
    }
    return undefined;
  }

  /**
   * A process that inherits its socket, from a service manager or the previous holder, listens anew, so that the kernel names it to
   * those that connect. To connections that were made before, the kernel names the other process: they are made again.
   */
  static #connect(place: Place, link: LinkOutline, purpose: Purpose): HolderClient | undefined {
    const first = HolderClient.#connectOnce(place, link, purpose);
    if (first === undefined || first.#isNamedByKernel) return first;
    first[Symbol.dispose]();
    return HolderClient.#connectOnce(place, link, purpose);
  }

  static #connectOnce(place: Place, link: LinkOutline, purpose: Purpose): HolderClient | undefined {
    const channel = connect(place, purpose);
    if (channel === undefined) return undefined;
    using owned = new Ownership();
    owned.own(channel);
    try {
      waitForReply(channel.fd, purpose, place.replyMs);
      const greeting = channel.receiveGreeting(link.index, purpose);
      if (greeting === undefined) return undefined;
      const client = new HolderClient(channel, greeting, place, link.name);
      owned.disown(channel);
      return client;
    } catch (error) {
      // The holder has ended since the connection was made.
      if (isSystemError(error, 'ECONNRESET')) return undefined;
      throw isSystemError(error) ? UnresponsiveHolderError.of(channel.fd, error) : error;
    }
  }

  /** Throws a SystemError with EACCES and `reason` if this user may not borrow. */
  assertAdmitted(action: string, reason: ErrorReason = 'borrowing-denied'): void {
    if (this.greeting.admitted) return;
    const { pid, command } = this.greeting.holder;
    const detail = `its holder, ${command} (pid ${pid}), does not lend to this user`;
    throw systemError({ ...this.#purpose(action), code: 'EACCES', syscall: 'holder', detail, reason });
  }

  /**
   * Throws a SystemError with EACCES if this process cannot trust what the holder sends. With CAP_NET_ADMIN it can check that
   * (`adoptQueues`). Without, it trusts root and its own user alone, in a folder where no other user can replace the socket.
   */
  assertTrusted(action: string): void {
    if (mayAdministerNamespace()) return;
    const { uid } = this.#channel.peer;
    const isStable = isStableFolder(this.#folder);
    if (isTrustedUser(uid) && isStable) return;
    const { pid, command } = this.greeting.holder;
    const fact = isTrustedUser(uid)
      ? `another user can replace its socket in "${this.#folder}"`
      : `it runs as user ${uid}`;
    const detail = `without CAP_NET_ADMIN this process does not trust its holder, ${command} (pid ${pid}): ${fact}`;
    throw systemError({
      ...this.#purpose(action),
      code: 'EACCES',
      syscall: 'holder',
      detail,
      reason: 'holder-untrusted',
    });
  }

  /** Leases `queues` to read; undefined leases all of them. */
  lease(
    queues: readonly number[] | undefined,
    { share, command, lasting = false }: LeaseOptions,
  ): BorrowedQueues {
    const nature = lasting ? { process: true } : { passive: true };
    return this.#borrow({ type: 'lease', queues, share, command, ...nature }, 'attach to');
  }

  /** Borrows `queues` to send into. */
  borrowToSend(queues: readonly number[]): BorrowedQueues {
    return this.#borrow({ type: 'send', queues, passive: true }, 'send into');
  }

  /** Lets the device outlive its holder, or not. */
  setPersistent(on: boolean): void {
    this.#change({ type: 'persist', on });
  }

  /** Sets the offloads of the device to `offloads`, named as in `tap/device/offloads`. */
  setOffloads(offloads: readonly string[]): void {
    this.#change({ type: 'offload', offloads });
  }

  /**
   * Lets the program with descriptor `program`, which stays the caller's, choose queues. `record` is what the holder remembers of it.
   * Without both, the kernel chooses again.
   */
  setSteering(program: number | undefined, record: SteeringWords | undefined): void {
    this.#change(
      { type: 'steer', record },
      { action: 'steer', descriptors: program === undefined ? [] : [program] },
    );
  }

  /** Sets which frames leave the device. undefined removes the filter. */
  setFilter(filter: FilterWords | undefined): void {
    this.#change({ type: 'filter', filter }, { action: 'filter' });
  }

  /**
   * Ends the holder. Returns when the process that the kernel names as the holder has no queue of the device any more.
   *
   * Throws a SystemError with ESRCH if that process had none before: then it is no holder, whatever it answers.
   */
  release(): void {
    const action = 'release';
    this.assertAdmitted(action, 'ending-denied');
    const { pid } = this.greeting.holder;
    const hadQueues = pid === 0 ? undefined : hasAttached(pid, this.#object);
    this.send({ type: 'release' }, action);
    try {
      this.#wait(action, END_MS);
      this.#channel.receiveBare(this.#purpose(action));
    } catch (error) {
      if (!isSystemError(error, 'ECONNRESET')) throw error;
    }
    if (hadQueues === false) throw this.#notHolder(action);
    if (hadQueues === true) this.#waitUntilLetGo(pid, action);
  }

  #waitUntilLetGo(pid: number, action: string): void {
    const deadline = performance.now() + END_MS;
    while (hasAttached(pid, this.#object) === true) {
      if (performance.now() > deadline) throw notLetGo(pid, END_MS, this.#purpose(action));
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, LET_GO_RETRY_MS);
    }
  }

  #notHolder(action: string): SystemError {
    const { pid, command } = this.greeting.holder;
    const detail = `${command} (pid ${pid}) answers as its holder, and has no queue of it`;
    return systemError({
      ...this.#purpose(action),
      code: 'ESRCH',
      syscall: 'holder',
      detail,
      reason: 'false-holder',
      pid,
    });
  }

  /** Sends a request, and does not wait for the reply. */
  send(request: HolderRequest, action: string): void {
    this.#channel.send(request, this.#purpose(action));
  }

  /** The descriptor of the connection. Borrowed. */
  get fd(): number {
    return this.#channel.fd;
  }

  /** Waits for the next message. The caller owns its descriptors. */
  next(action: string): ReceivedReply {
    this.#wait(action, REPLY_MS);
    return this.#channel.receive(this.#purpose(action));
  }

  [Symbol.dispose](): void {
    this.#channel[Symbol.dispose]();
  }

  #borrow(request: HolderRequest, action: string): BorrowedQueues {
    this.assertAdmitted(action);
    this.assertTrusted(action);
    this.send(request, action);
    const { reply, descriptors } = this.next(action);
    if (reply.type === 'lent' && reply.queues.length === descriptors.length && descriptors.length > 0)
      return { numbers: reply.queues, descriptors, lasting: reply.process === true };
    for (const descriptor of descriptors) descriptor[Symbol.dispose]();
    throw incompatible('EBADMSG', 'its holder lends no queue', this.#purpose(action));
  }

  #change(
    request: HolderRequest,
    {
      action = 'change',
      descriptors = [],
    }: { readonly action?: string; readonly descriptors?: readonly number[] } = {},
  ): void {
    this.assertAdmitted(action);
    this.#channel.send(request, this.#purpose(action), descriptors);
    this.#wait(action, REPLY_MS);
    this.#channel.receiveBare(this.#purpose(action));
  }

  #wait(action: string, timeoutMs: number): void {
    waitForReply(this.#channel.fd, this.#purpose(action), timeoutMs);
  }

  #purpose(action: string): Purpose {
    return { action, object: this.#object };
  }
}

/** A place where a holder may listen. */
interface Place {
  readonly folder: string;
  readonly socketName: string;
  /** How long the process that listens there may take to send its greeting. */
  readonly replyMs: number;
}

/** A running holder of `link` listens in the folder of the device. */
function devicePlaces(link: LinkOutline): Place[] {
  const folder = findDeviceDirectory(link.index);
  return folder === undefined ? [] : [{ folder, socketName: HOLDER_SOCKET, replyMs: REPLY_MS }];
}

/**
 * A service manager may listen in a runtime root, and start the holder at the first connection. It knows neither namespaces
 * nor indices, so its socket has the device's name.
 */
function servicePlaces({ name }: LinkOutline): Place[] {
  const roots = runtimeRoots().filter(isTrustedFolder);
  return roots.map((folder) => ({ folder, socketName: `${name}.socket`, replyMs: START_MS }));
}

/** Returns undefined if no process listens at `place`. Retries while its queue of connections is full. */
function connect({ folder, socketName }: Place, purpose: Purpose): HolderChannel | undefined {
  const deadline = performance.now() + REPLY_MS;
  for (;;) {
    try {
      return HolderChannel.connect(folder, socketName, purpose);
    } catch (error) {
      if (!isSystemError(error, 'EAGAIN') || performance.now() > deadline) throw error;
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, CONNECT_RETRY_MS);
    }
  }
}

/** How a setting was made that the kernel does not show. */
export interface AppliedSetting {
  /** Whether the holder of the device made it. Otherwise a temporary queue did. */
  readonly throughHolder: boolean;
  /** Whether the runtime directory remembers it. False if this user may not write there. */
  readonly remembered: boolean;
}

/**
 * Lets the holder of `link` make a change that takes one of its descriptors. Returns false, and does nothing, if the device
 * has no running holder. Throws a SystemError if the holder refuses, with EACCES if it does not lend to this user.
 */
export function changeThroughHolder(
  link: Link,
  action: string,
  change: (holder: HolderClient) => void,
): boolean {
  if ((link.tun?.queues ?? 0) === 0) return false;
  using client = HolderClient.findRunning(link, action);
  if (client === undefined) return false;
  client.assertAdmitted(action);
  change(client);
  return true;
}

/** Ends the holder of `link`. Throws a SystemError with ESRCH if there is none. */
export function releaseDevice(link: Link): void {
  using client = HolderClient.requireRunning(link, 'release');
  client.release();
}
