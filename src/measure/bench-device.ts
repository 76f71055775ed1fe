import { Links } from '../netlink/links.js';
import { Ownership } from '../sys/ownership.js';
import { TapDescriptor } from '../tap/link/tap-descriptor.js';
import type { QueueDescriptor } from '../tap/queue/queue-port.js';
import { waitUntilRunning } from '../tap/queue/sending-device.js';

/** The largest MTU that the kernel accepts: frames of every length can be offered. Bytes. */
export const BENCH_MTU = 65_521;

const CARRIER_TIMEOUT_MS = 10_000;

/**
 * What the kernel has counted for a device since it was made, in the kernel's words: it receives what is sent here.
 */
export interface KernelCounts {
  readonly received: number;
  /** Frames that were dropped because they were not read in time. */
  readonly missed: number;
}

/**
 * A TAP that is made for one measurement, and deleted with this object. Its queues are attached, in the order of
 * their numbers, and not read yet. It has no files in the runtime directory.
 */
export class BenchDevice implements Disposable {
  readonly ifindex: number;
  readonly taps: readonly TapDescriptor[];
  readonly #owned: Ownership;
  readonly #links: Links;

  private constructor(owned: Ownership, taps: readonly TapDescriptor[]) {
    this.#owned = owned;
    this.taps = taps;
    this.#links = owned.own(Links.open());
    const link = this.#links.byName(taps[0]!.deviceName);
    this.ifindex = link!.index;
    this.#links.change(this.ifindex, { mtu: BENCH_MTU, up: true });
  }

  /**
   * Makes a device with `queueCount` queues, with IFF_NAPI if `napi`, and waits for its carrier: frames that are sent
   * before would be lost.
   */
  static async make(queueCount: number, napi: boolean): Promise<BenchDevice> {
    const owned = new Ownership();
    try {
      const first = owned.own(TapDescriptor.attach('bench%d', { exclusive: true, action: 'create', napi }));
      const others = Array.from({ length: queueCount - 1 }, () =>
        owned.own(TapDescriptor.attach(first.deviceName, { napi })),
      );
      const device = new BenchDevice(owned, [first, ...others]);
      await waitUntilRunning(device.ifindex, CARRIER_TIMEOUT_MS);
      return device;
    } catch (error) {
      owned[Symbol.dispose]();
      throw error;
    }
  }

  get counts(): KernelCounts {
    return kernelCounts(this.#links, this.ifindex);
  }

  /**
   * Returns the queues of each of `threads` threads, in a form that can be posted to a thread. `stream` is the number
   * of the queue.
   */
  share(threads: number): (QueueDescriptor & { readonly stream: number })[][] {
    const shared = this.taps.map(({ fd, headerBytes }, stream) => ({ fd, headerBytes, stream }));
    return Array.from({ length: threads }, (_, thread) =>
      shared.filter(({ stream }) => stream % threads === thread),
    );
  }

  [Symbol.dispose](): void {
    this.#owned[Symbol.dispose]();
  }
}

/** Reads what the kernel has counted of the device with index `ifindex`. */
export function kernelCounts(links: Links, ifindex: number): KernelCounts {
  const statistics = links.byIndex(ifindex)?.stats64;
  return { received: statistics?.rx.packets ?? 0, missed: statistics?.tx.dropped ?? 0 };
}
