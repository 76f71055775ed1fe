import { Links } from '../netlink/links.js';
import { Ownership } from '../sys/ownership.js';
import { CreatedDevice, type CreationOptions } from '../tap/device/device-creation.js';
import { Forwarding, type ForwardingOptions } from '../tap/forward/forwarding.js';
import { findTap } from '../tap/link/tap-link.js';
import { DeviceAttachment } from '../tap/queue/device-attachment.js';
import { waitUntilRunning } from '../tap/queue/sending-device.js';
import { type KernelCounts, kernelCounts } from './bench-device.js';
import type { BenchGround } from './bench-ground.js';
import { processorSecondsOf, threadIds } from './threads/thread-times.js';

const CARRIER_TIMEOUT_MS = 10_000;

/** One of the two devices, in its namespace. */
export interface PairEnd {
  readonly name: string;
  readonly ifindex: number;
  readonly counts: KernelCounts;
}

/**
 * Two TAPs, and rtap's forwarder between them in a thread of its own. The first is in the near namespace, the second
 * in the near or the far one. Both are deleted with this object.
 */
export class ForwardedPair implements AsyncDisposable {
  readonly first: PairEnd;
  readonly second: PairEnd;
  readonly forwarding: Forwarding;
  readonly #owned: Ownership;
  readonly #threadIds: readonly number[];

  private constructor(owned: Ownership, forwarding: Forwarding, parts: PairParts) {
    this.#owned = owned;
    this.first = parts.ends[0];
    this.second = parts.ends[1];
    this.forwarding = forwarding;
    this.#threadIds = parts.threadIds;
  }

  /** Makes the devices and starts the forwarder. Settles when frames are carried. */
  static async make(ground: BenchGround, options: PairOptions): Promise<ForwardedPair> {
    const owned = new Ownership();
    let forwarding: Forwarding | undefined;
    try {
      const far = <T>(run: () => T): T => (options.apart ? ground.withinFar(run) : run());
      const device = { ...options.device, napi: ground.napi };
      const first = makeEnd(owned, device);
      const second = far(() => makeEnd(owned, device));
      const before = new Set(threadIds());
      forwarding = Forwarding.start([first.attachment, second.attachment], options.forwarding);
      await forwarding.ready;
      await waitUntilRunning(first.end.ifindex, CARRIER_TIMEOUT_MS);
      await far(() => waitUntilRunning(second.end.ifindex, CARRIER_TIMEOUT_MS));
      const started = threadIds().filter((tid) => !before.has(tid));
      return new ForwardedPair(owned, forwarding, { ends: [first.end, second.end], threadIds: started });
    } catch (error) {
      forwarding?.stop();
      await forwarding?.ended.catch(() => {});
      owned[Symbol.dispose]();
      throw error;
    }
  }

  /** Processor time of the forwarder's threads so far. */
  get processorSeconds(): number {
    return this.#threadIds.reduce((total, tid) => total + processorSecondsOf(tid), 0);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.forwarding.stop();
    await this.forwarding.ended.catch(() => {});
    this.#owned[Symbol.dispose]();
  }
}

export interface PairOptions {
  readonly device: CreationOptions;
  readonly forwarding: ForwardingOptions;
  /** Whether the second device is in the far namespace. */
  readonly apart: boolean;
}

interface PairParts {
  readonly ends: readonly [PairEnd, PairEnd];
  readonly threadIds: readonly number[];
}

/** Makes a device in the network namespace of the caller. */
function makeEnd(owned: Ownership, options: CreationOptions): { attachment: DeviceAttachment; end: PairEnd } {
  const links = owned.own(Links.open());
  const name = createLasting(options);
  const link = findTap(name, 'attach to');
  owned.own({ [Symbol.dispose]: () => links.delete(link.index) });
  const attachment = owned.own(DeviceAttachment.open(link));
  const end = {
    name,
    ifindex: link.index,
    get counts() {
      return kernelCounts(links, link.index);
    },
  };
  return { attachment, end };
}

function createLasting(options: CreationOptions): string {
  using created = CreatedDevice.create('bench%d', { up: true, ...options });
  created.makePersistent();
  return created.name;
}
