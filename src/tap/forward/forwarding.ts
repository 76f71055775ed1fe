import type { Link } from '../../netlink/link.js';
import { systemError } from '../../sys/errno.js';
import { EventDescriptor } from '../../sys/event-descriptor.js';
import { Ownership } from '../../sys/ownership.js';
import { presentNamespace, withinNamedNamespace } from '../link/network-namespace.js';
import { findTap } from '../link/tap-link.js';
import { type AttachmentOptions, DeviceAttachment } from '../queue/device-attachment.js';
import type { ForwardedQueue } from './forwarded-queue.js';
import { FINISHING, type ForwardingEnd, type ForwardingTask } from './forwarding-thread.js';
import { FrameBudget } from './frame-budget.js';
import { allocateLaneCounts, type LaneCounts, readLaneCounts } from './lane-counts.js';
import { type ForwardLane, planLanes } from './lane-plan.js';
import { failureError, type ThreadMessage, type ThreadOutcome } from './thread-message.js';
import { startThread } from './thread-start.js';

/** Most frames of a burst: of short ones, and where so many wait. */
export const FORWARDING_BURST_FRAMES = 32;

export interface ForwardingOptions {
  /** Threads, 1 to the queues of the device with fewer of them. @default 1 */
  readonly threadCount?: number;
  /** End after so many frames, both ways together, and take no more from the kernel. @default none */
  readonly frameCount?: number | undefined;
  /** Most frames of a burst, a power of two up to 256. @default 32 */
  readonly burstFrames?: number;
  /** Ask the queues without a pause: a core for a lower latency. @default false */
  readonly busyPoll?: boolean;
  /** Forward what waited in a holder's queues before, too. @default false: it is thrown away, and counted */
  readonly backlog?: boolean;
  /** Ends it, as `stop` does. */
  readonly signal?: AbortSignal | undefined;
}

/** One of the two devices of a forwarder. */
export interface ForwardedSide extends Omit<AttachmentOptions, 'sendOnly' | 'role'> {
  readonly name: string;
  /**
   * The network namespace that it is in: the name of one of ip-netns(8), the id of a process, or a path with a slash in it.
   * Another than ours takes CAP_SYS_ADMIN.
   * @default that of this thread
   */
  readonly namespace?: string | undefined;
}

/** What one lane carried. */
export interface LaneReport extends LaneCounts, Omit<ForwardLane, 'fromQueue' | 'toQueue'> {
  /** Numbers of the queues. */
  readonly fromQueue: number;
  readonly toQueue: number;
}

/**
 * Carries frames between two devices, both ways, in threads of its own, until it is told to stop, has carried as
 * many as it may, or a device is deleted.
 *
 * The virtio-net header goes along: what is unfinished stays so. Each thread owns the queues of its lanes; this side
 * owns what outlives them: the counters, and what wakes them.
 */
export class Forwarding implements AsyncDisposable {
  readonly lanes: readonly ForwardLane[];
  readonly threadCount: number;
  /** Settles when frames are carried: what arrives from then on is not taken for old. Fails as `ended` does. */
  readonly ready: Promise<void>;
  /** Settles when all threads have ended, with what ended them; fails with what made one fail. */
  readonly ended: Promise<ForwardingEnd>;
  readonly #devices: readonly [DeviceAttachment, DeviceAttachment];
  readonly #laneCounts: SharedArrayBuffer;
  readonly #state = new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT);
  readonly #wake = new EventDescriptor();
  /** A thread that sleeps in the kernel would hold up the end of the process. */
  readonly #atExit = () => this.stop();
  readonly #owned = new Ownership();
  readonly #forget: () => void;
  #open = true;
  #startingCount: number;
  #settleReady = () => {};

  private constructor(
    devices: readonly [DeviceAttachment, DeviceAttachment],
    plan: readonly (readonly ForwardLane[])[],
    options: ForwardingOptions,
  ) {
    this.#devices = devices;
    this.lanes = plan.flat();
    this.threadCount = plan.length;
    this.#startingCount = plan.length;
    this.#laneCounts = allocateLaneCounts(this.lanes.length);
    process.once('exit', this.#atExit);
    const { signal } = options;
    const onAbort = () => this.stop();
    signal?.addEventListener('abort', onAbort, { once: true });
    this.#forget = () => signal?.removeEventListener('abort', onAbort);
    if (signal?.aborted === true) this.stop();
    const ready = new Promise<void>((resolve) => {
      this.#settleReady = resolve;
    });
    this.ended = this.#run(plan, options).finally(() => this.#release());
    this.ready = Promise.race([ready, this.ended.then(() => {})]);
    // Whoever has not asked yet asks later.
    for (const asked of [this.ready, this.ended]) asked.catch(() => {});
  }

  /**
   * Attaches to both devices, or borrows from their holders, and starts to forward between them; gives everything back when
   * it ends, before `ended` settles. Throws what `TapDevice.open` and `start` throw, and a SystemError with EINVAL for one
   * device twice, whose frames would come back into it, and leaves nothing attached then.
   */
  static open(sides: readonly [ForwardedSide, ForwardedSide], options: ForwardingOptions = {}): Forwarding {
    const owned = new Ownership();
    try {
      // Both are looked for before one is attached: frames that come meanwhile would be lost.
      const places = [locate(sides[0]), locate(sides[1])] as const;
      assertTwo(places);
      const attach = (side: 0 | 1) =>
        owned.own(within(sides[side], () => DeviceAttachment.open(places[side].link, sides[side])));
      const forwarding = Forwarding.start([attach(0), attach(1)], options);
      forwarding.#owned.own(owned);
      return forwarding;
    } catch (error) {
      owned[Symbol.dispose]();
      throw error;
    }
  }

  /**
   * Starts to forward between `devices`, which must stay attached until `ended` has settled.
   *
   * Throws a RangeError for more threads than queues, a SystemError with EINVAL where frames of one device cannot pass
   * unchanged to the other, as their virtio-net headers differ in size.
   */
  static start(
    devices: readonly [DeviceAttachment, DeviceAttachment],
    options: ForwardingOptions = {},
  ): Forwarding {
    assertSameHeader(devices);
    const counts = [devices[0].taps.length, devices[1].taps.length] as const;
    return new Forwarding(devices, planLanes(counts, options.threadCount ?? 1), options);
  }

  /** What each lane has carried so far, in the order of `lanes`. */
  report(): LaneReport[] {
    return this.lanes.map(({ from, fromQueue, toQueue }, lane) => ({
      from,
      fromQueue: this.#devices[from].numbers[fromQueue]!,
      toQueue: this.#devices[1 - from]!.numbers[toQueue]!,
      ...readLaneCounts(this.#laneCounts, lane),
    }));
  }

  /** Asks the threads to carry what waits now, and to end; `ended` tells when they have. */
  stop(): void {
    if (!this.#open) return;
    Atomics.store(new Int32Array(this.#state), 0, FINISHING);
    this.#wake.signal();
  }

  /** Stops, and settles when all threads have ended, well or not: `ended` tells how. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.stop();
    await this.ended.catch(() => {});
  }

  async #run(plan: readonly (readonly ForwardLane[])[], options: ForwardingOptions): Promise<ForwardingEnd> {
    const tasks = this.#tasks(plan, options);
    const ends = await Promise.allSettled(tasks.map((task) => this.#runThread(task)));
    const failed = ends.find(({ status }) => status === 'rejected');
    if (failed?.status === 'rejected') throw failed.reason;
    const reached = ends.flatMap((end) => (end.status === 'fulfilled' ? [end.value] : []));
    const first = (wanted: ForwardingEnd['reason']) => reached.find(({ reason }) => reason === wanted);
    return first('gone') ?? first('spent') ?? { reason: 'finished' };
  }

  /** One that ends takes the others along. */
  async #runThread(task: ForwardingTask): Promise<ForwardingEnd> {
    try {
      const outcome = await runWorker(task, () => this.#noteReady());
      if ('failure' in outcome) throw failureError(outcome.failure);
      return outcome.end;
    } finally {
      this.stop();
    }
  }

  #noteReady(): void {
    this.#startingCount -= 1;
    if (this.#startingCount === 0) this.#settleReady();
  }

  #tasks(plan: readonly (readonly ForwardLane[])[], options: ForwardingOptions): ForwardingTask[] {
    const { frameCount, burstFrames = FORWARDING_BURST_FRAMES, busyPoll = false } = options;
    const [first, second] = this.#devices;
    const shared = {
      devices: [queuesOf(first), queuesOf(second)] as const,
      laneCounts: this.#laneCounts,
      state: this.#state,
      budget: frameCount === undefined ? undefined : FrameBudget.allocate(frameCount),
      wakeFd: this.#wake.fd,
      burstFrames,
      waitingFramesMax: [first.link.txqueuelen, second.link.txqueuelen] as const,
      busyPoll,
    };
    let number = 0;
    return plan.map((lanes) => ({
      ...shared,
      lanes: lanes.map((lane) => ({ ...lane, number: number++, discard: this.#discards(lane, options) })),
    }));
  }

  /** What waited in a borrowed queue was sent to nobody in particular. */
  #discards({ from, fromQueue }: ForwardLane, { backlog = false }: ForwardingOptions): boolean {
    const { lender, numbers, readByOthers } = this.#devices[from];
    return lender !== undefined && !backlog && !readByOthers.has(numbers[fromQueue]!);
  }

  #release(): void {
    this.#open = false;
    process.off('exit', this.#atExit);
    this.#forget();
    this.#owned[Symbol.dispose]();
    this.#wake[Symbol.dispose]();
  }
}

/** A device, and what no other network namespace than its own is known by. */
interface Place {
  readonly link: Link;
  readonly namespace: string;
}

function locate(side: ForwardedSide): Place {
  return within(side, () => ({ link: findTap(side.name, 'forward'), namespace: presentNamespace() }));
}

function assertTwo([first, second]: readonly [Place, Place]): void {
  if (first.link.index !== second.link.index || first.namespace !== second.namespace) return;
  throw systemError({
    action: `forward between "${first.link.name}" and "${second.link.name}"`,
    code: 'EINVAL',
    syscall: 'RTM_GETLINK',
    detail: 'they are one device',
    reason: 'same-device',
  });
}

function within<T>({ namespace }: ForwardedSide, run: () => T): T {
  return namespace === undefined ? run() : withinNamedNamespace(namespace, run);
}

function queuesOf({ taps, numbers, counters }: DeviceAttachment): ForwardedQueue[] {
  return taps.map(({ fd, headerBytes }, index) => {
    const number = numbers[index]!;
    return { fd, headerBytes, number, countersAddress: counters?.addressOf(number) };
  });
}

/** Runs a thread; settles when it has ended, and uses nothing of ours any more. */
function runWorker(task: ForwardingTask, onReady: () => void): Promise<ThreadOutcome> {
  return new Promise((resolve, reject) => {
    const worker = startThread('forwarding-worker', import.meta.url, task);
    let outcome: ThreadOutcome = { failure: { message: 'cannot forward: a thread ended unasked' } };
    worker.on('message', (message: ThreadMessage) => {
      if (message === 'ready') onReady();
      else outcome = message;
    });
    // What is thrown where nothing catches it; the end follows.
    worker.once('error', (error) => worker.once('exit', () => reject(error)));
    worker.once('exit', () => resolve(outcome));
  });
}

function assertSameHeader([first, second]: readonly [DeviceAttachment, DeviceAttachment]): void {
  if (first.headerBytes === second.headerBytes) return;
  throw systemError({
    action: `forward between "${first.link.name}" and "${second.link.name}"`,
    code: 'EINVAL',
    syscall: 'ioctl(TUNGETVNETHDRSZ)',
    detail: `their virtio-net headers have ${first.headerBytes} and ${second.headerBytes} bytes`,
    reason: 'headers-differ',
  });
}
