import { ArgumentTypeError } from '../../errors.js';
import type { Link } from '../../netlink/link.js';
import { systemError } from '../../sys/errno.js';
import { EventDescriptor } from '../../sys/event-descriptor.js';
import { Ownership } from '../../sys/ownership.js';
import { failureError } from '../../sys/thread-failure.js';
import { startThread } from '../../sys/thread-start.js';
import { presentNamespace, withinNamedNamespace } from '../link/network-namespace.js';
import { findTap } from '../link/tap-link.js';
import { type AttachmentOptions, DeviceAttachment } from '../queue/device-attachment.js';
import type { HandedQueue } from '../queue/handed-queue.js';
import { FINISHING } from './forwarding-lane.js';
import type { ForwardingEnd, ForwardingTask } from './forwarding-thread.js';
import { FrameBudget } from './frame-budget.js';
import { allocateLaneCounts, type LaneCounts, readLaneCounts } from './lane-counts.js';
import { type ForwardLane, planLanes } from './lane-plan.js';
import type { ThreadMessage, ThreadOutcome } from './thread-message.js';

/** Default of the most frames of a burst. Longer frames come in smaller bursts. */
export const FORWARDING_BURST_FRAMES = 32;

export interface ForwardingOptions {
  /**
   * Threads, 1 to the number of queues of the device with fewer of them.
   * @default 1
   */
  readonly threadCount?: number;
  /**
   * End after this many frames, both ways together, and take no more from the kernel.
   * @default no limit
   */
  readonly frameCount?: number | undefined;
  /**
   * Most frames of a burst, a power of two up to 256.
   * @default 32
   */
  readonly burstFrames?: number;
  /**
   * Ask the queues without a pause: it costs a core and lowers the latency.
   * @default false
   */
  readonly busyPoll?: boolean;
  /**
   * Forward the frames that waited in a holder's queues before, too.
   * @default false: they are discarded and counted
   */
  readonly backlog?: boolean;
  /** Ends the forwarder, as `stop` does. */
  readonly signal?: AbortSignal | undefined;
}

/** One of the two devices of a forwarder. */
export interface ForwardedSide extends Omit<AttachmentOptions, 'sendOnly' | 'role'> {
  readonly name: string;
  /**
   * The network namespace of the device: a name of ip-netns(8), the id of a process, or a path with a slash in it. A
   * namespace other than this thread's needs CAP_SYS_ADMIN.
   * @default that of this thread
   */
  readonly namespace?: string | undefined;
}

/** What one lane carried. */
export interface LaneReport extends LaneCounts, Omit<ForwardLane, 'fromQueue' | 'toQueue'> {
  /** Number of the queue, as the device's users know it. */
  readonly fromQueue: number;
  readonly toQueue: number;
}

/**
 * Carries frames between two devices, both ways, in threads of its own. It ends when it is stopped, has carried as
 * many frames as it may, or a device is deleted.
 *
 * The virtio-net header is carried too: unfinished frames stay unfinished. Each thread owns the queues of its lanes.
 * This object owns what outlives them: the counters and the descriptor that wakes the threads.
 */
export class Forwarding implements AsyncDisposable {
  readonly lanes: readonly ForwardLane[];
  readonly threadCount: number;
  /**
   * Settles when frames are carried: frames that arrive from then on are never discarded. Rejects as `ended` does.
   */
  readonly ready: Promise<void>;
  /** Settles when all threads have ended, with the reason. Rejects with the error that made a thread fail. */
  readonly ended: Promise<ForwardingEnd>;
  readonly #devices: readonly [DeviceAttachment, DeviceAttachment];
  readonly #laneCounts: SharedArrayBuffer;
  readonly #state = new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT);
  readonly #wake = new EventDescriptor();
  /** Without this, a thread that sleeps in the kernel would delay the end of the process. */
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
    for (const device of devices) this.#owned.own(device.keep());
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
    // A caller may ask for a promise later: until then its rejection is handled here.
    for (const asked of [this.ready, this.ended]) asked.catch(() => {});
  }

  /**
   * Attaches to both devices, or borrows from their holders, and starts to forward between them. Gives everything
   * back when it ends, before `ended` settles.
   *
   * Throws what `TapDevice.open` and `start` throw, and a SystemError with EINVAL if both sides are one device, whose
   * frames would come back into it. Nothing stays attached then.
   */
  static open(sides: readonly [ForwardedSide, ForwardedSide], options: ForwardingOptions = {}): Forwarding {
    const owned = new Ownership();
    try {
      // Both devices are found before one is attached: frames that come meanwhile would be lost.
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
   * Starts to forward between `devices`. A device that is disposed meanwhile stays attached until `ended` has settled.
   *
   * Throws a TypeError if a device is disposed, and a RangeError for more threads than queues. Throws a SystemError with EINVAL if only one of
   * the devices has virtio-net headers: they may say that work is left to do.
   */
  static start(
    devices: readonly [DeviceAttachment, DeviceAttachment],
    options: ForwardingOptions = {},
  ): Forwarding {
    for (const { disposed, link } of devices)
      if (disposed) throw new ArgumentTypeError(`cannot forward "${link.name}": it is closed`);
    assertHeaders(devices);
    const counts = [devices[0].taps.length, devices[1].taps.length] as const;
    return new Forwarding(devices, planLanes(counts, options.threadCount ?? 1), options);
  }

  /** Returns what each lane has carried so far, in the order of `lanes`. */
  report(): LaneReport[] {
    return this.lanes.map(({ from, fromQueue, toQueue }, lane) => ({
      from,
      fromQueue: this.#devices[from].numbers[fromQueue]!,
      toQueue: this.#devices[1 - from]!.numbers[toQueue]!,
      ...readLaneCounts(this.#laneCounts, lane),
    }));
  }

  /** Asks the threads to carry what waits now, and to end. `ended` settles when they have. */
  stop(): void {
    if (!this.#open) return;
    Atomics.store(new Int32Array(this.#state), 0, FINISHING);
    this.#wake.signal();
  }

  /** Stops, and settles when all threads have ended, with or without an error: `ended` tells which. */
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

  /** Stops the other threads when one ends. */
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

  /**
   * Returns whether the frames that waited in the queue are discarded: they were sent before this forwarder began.
   */
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

/** A device, and the cookie of its network namespace. */
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

function queuesOf({ taps, numbers, counters }: DeviceAttachment): HandedQueue[] {
  return taps.map(({ fd, headerBytes }, index) => {
    const number = numbers[index]!;
    return { fd, headerBytes, number, countersAddress: counters?.addressOf(number) };
  });
}

/** Runs a thread. Settles when it has ended and uses nothing of this thread any more. */
function runWorker(task: ForwardingTask, onReady: () => void): Promise<ThreadOutcome> {
  return new Promise((resolve, reject) => {
    const worker = startThread('forwarding-worker', import.meta.url, task);
    let outcome: ThreadOutcome = { failure: { message: 'cannot forward: a thread ended unexpectedly' } };
    worker.on('message', (message: ThreadMessage) => {
      if (message === 'ready') onReady();
      else outcome = message;
    });
    // The error of an uncaught exception comes before the exit.
    worker.once('error', (error) => worker.once('exit', () => reject(error)));
    worker.once('exit', () => resolve(outcome));
  });
}

/** A frame with work left undone must not lose the header that says so. */
function assertHeaders([first, second]: readonly [DeviceAttachment, DeviceAttachment]): void {
  if (first.headerBytes > 0 === second.headerBytes > 0) return;
  throw systemError({
    action: `forward between "${first.link.name}" and "${second.link.name}"`,
    code: 'EINVAL',
    syscall: 'ioctl(TUNGETVNETHDRSZ)',
    detail: `their virtio-net headers have ${first.headerBytes} and ${second.headerBytes} bytes`,
    reason: 'headers-differ',
  });
}
