import { ArgumentRangeError, ArgumentTypeError } from '../../errors.js';
import type { Link } from '../../netlink/link.js';
import { systemError } from '../../sys/errno.js';
import { Ownership } from '../../sys/ownership.js';
import { ROLE_READER } from '../counters/counter-layout.js';
import { CounterWriter } from '../counters/counter-writer.js';
import { HolderClient } from '../lease/holder-client.js';
import { noSuchQueue } from '../link/device-errors.js';
import type { TapDescriptor } from '../link/tap-descriptor.js';
import { assertUnused, queueCountOf } from '../link/tap-link.js';
import { KERNEL_QUEUES_MAX } from '../state/limits.js';
import { attachQueues, borrowQueues, type NumberedQueues, numbersFrom } from './numbered-queues.js';

/** Which queues are attached or borrowed, and how. */
export interface AttachmentOptions {
  /**
   * Queues to attach, 1 to 256.
   * @default as many as the device was made with; 1 for a device that rtap did not make
   */
  readonly queueCount?: number;
  /**
   * Attach although other processes have queues attached, and compete with them for frames. Not with `queueNumbers` on a device
   * without a holder, unless it is `sendOnly`.
   * @default false
   */
  readonly share?: boolean;
  /**
   * Number of the first queue that is attached. For a process that joins others.
   * @default 0
   */
  readonly firstQueue?: number;
  /**
   * Attach queues that only send: the kernel gives them no frames, and other readers keep theirs.
   * @default false
   */
  readonly sendOnly?: boolean;
  /**
   * Numbers of the queues to borrow from a holder. If the device has no holder, all of its queues are
   * attached: read the others too. With `sendOnly`, exactly these are attached.
   * @default all queues
   */
  readonly queueNumbers?: readonly number[] | undefined;
  /**
   * How the holder and other users name this reader.
   * @default the name of this program
   */
  readonly command?: string;
  /**
   * What the counters say that this process does: ROLE_* of counter-layout.
   * @default ROLE_READER
   * @internal
   */
  readonly role?: number;
}

/** Queues of a device that this process attached, or borrowed from a holder, and their counters. */
export class DeviceAttachment implements Disposable {
  readonly link: Link;
  /** The holder that lent the queues. */
  readonly lender: HolderClient | undefined;
  /** Undefined if this process may not write to the runtime directory. */
  readonly counters: CounterWriter | undefined;
  /** Ordered by queue number. */
  readonly taps: readonly TapDescriptor[];
  /** The queue number of each tap. */
  readonly numbers: readonly number[];
  readonly #owned: Ownership;
  #users = 0;
  #disposed = false;

  private constructor(
    link: Link,
    owned: Ownership,
    parts: NumberedQueues & Pick<DeviceAttachment, 'lender' | 'counters'>,
  ) {
    this.link = link;
    this.#owned = owned;
    this.lender = parts.lender;
    this.counters = parts.counters;
    this.taps = parts.taps;
    this.numbers = parts.numbers;
  }

  /** Attaches to the device `link`, or borrows from its holder. Throws what `TapDevice.open` throws. */
  static open(link: Link, options: AttachmentOptions = {}): DeviceAttachment {
    const owned = new Ownership();
    try {
      const lender = HolderClient.find(link, 'attach to');
      if (lender !== undefined) owned.own(lender);
      else if (options.share !== true) assertUnused(link, { action: 'attach to', reason: 'queues-in-use' });
      else assertWhole(link, options);
      return new DeviceAttachment(link, owned, acquireParts(link, owned, { ...options, lender }));
    } catch (error) {
      owned[Symbol.dispose]();
      throw error;
    }
  }

  /** Bytes of the virtio-net header in front of its frames. */
  get headerBytes(): number {
    return this.taps[0]!.headerBytes;
  }

  /**
   * Numbers of the queues that another process was reading when these were borrowed: frames that wait there
   * belong to that process.
   */
  get readByOthers(): ReadonlySet<number> {
    return new Set(this.lender?.greeting.leases.flatMap(({ queues }) => queues));
  }

  /** Numbers of the borrowed queues that another borrower has detached: the kernel gives them no frames. */
  get disabledQueues(): number[] {
    if (this.lender === undefined || this.#disposed) return [];
    return this.numbers.filter((_, index) => this.taps[index]!.isDetached());
  }

  /** Whether it was disposed. */
  get disposed(): boolean {
    return this.#disposed;
  }

  /**
   * Keeps everything that belongs to it until the returned object is disposed, which happens once: for threads that use
   * it. Throws a TypeError if it is disposed.
   * @internal
   */
  keep(): Disposable {
    if (this.#disposed) throw new ArgumentTypeError(`cannot use "${this.link.name}": it is closed`);
    this.#users += 1;
    return { [Symbol.dispose]: () => this.#leave() };
  }

  /**
   * Gives everything back, in reverse order. If a forwarder uses it, that happens when the forwarder has ended. A second
   * call does nothing.
   */
  [Symbol.dispose](): void {
    this.#disposed = true;
    if (this.#users === 0) this.#owned[Symbol.dispose]();
  }

  #leave(): void {
    this.#users -= 1;
    if (this.#disposed) this[Symbol.dispose]();
  }
}

function acquireParts(
  link: Link,
  owned: Ownership,
  options: AttachmentOptions & { readonly lender: HolderClient | undefined },
): NumberedQueues & Pick<DeviceAttachment, 'lender' | 'counters'> {
  const { firstQueue = 0, lender } = options;
  const ownNumbers = options.sendOnly === true ? options.queueNumbers : undefined;
  const ownCount = options.queueCount ?? queueCountOf(link);
  const queueCount = lender?.greeting.queues ?? ownQueueCount(firstQueue, ownCount, ownNumbers);
  if (lender === undefined) assertQueues(firstQueue, ownCount);
  const missing = options.queueNumbers?.find((number) => number >= queueCount);
  if (missing !== undefined) throw noSuchQueue(link.name, missing, queueCount);
  const counters = CounterWriter.tryOpen(link, queueCount, options.role ?? ROLE_READER);
  if (counters !== undefined) owned.own(counters);
  if (lender === undefined) assertQueueCount(link, ownCount);
  const queues =
    lender === undefined
      ? attachQueues(link, owned, ownNumbers ?? numbersFrom(firstQueue, ownCount), options.sendOnly)
      : borrowQueues(link, owned, { ...options, lender });
  return { ...queues, lender, counters };
}

/** Beside other processes the kernel numbers new queues behind theirs, so that no number names a queue of a holder. */
function assertWhole({ name }: Link, { queueNumbers, sendOnly }: AttachmentOptions): void {
  // A queue that only sends takes no frames from the others, whatever its number is.
  if (queueNumbers === undefined || sendOnly === true) return;
  throw new ArgumentTypeError(
    `cannot share queues ${queueNumbers.join(',')} of "${name}": no rtap holds it, and these would be new queues`,
  );
}

/** Queues that the numbers of this process reach to. */
function ownQueueCount(firstQueue: number, count: number, numbers: readonly number[] | undefined): number {
  return numbers === undefined ? firstQueue + count : Math.max(...numbers) + 1;
}

function assertQueues(firstQueue: number, queueCount: number): void {
  const possible =
    Number.isInteger(queueCount) && Number.isInteger(firstQueue) && queueCount >= 1 && firstQueue >= 0;
  if (possible && firstQueue + queueCount <= KERNEL_QUEUES_MAX) return;
  throw new ArgumentRangeError(
    `cannot attach ${queueCount} queues from ${firstQueue}: 1 to ${KERNEL_QUEUES_MAX} are possible`,
  );
}

function assertQueueCount(link: Link, queueCount: number): void {
  if (link.tun?.multiQueue !== false || queueCount === 1) return;
  throw systemError({
    action: `attach ${queueCount} queues to`,
    object: link.name,
    code: 'EINVAL',
    syscall: 'ioctl(TUNSETIFF)',
    detail: 'it is a single-queue device',
    reason: 'single-queue',
  });
}
