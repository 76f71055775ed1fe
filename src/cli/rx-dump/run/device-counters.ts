import { readAddressFilter } from '../../../tap/device/address-filter.js';
import { findUnreadQueues } from '../../../tap/lease/unread-queues.js';
import { MissedCount } from '../../../tap/link/missed-count.js';
import type { TapDevice } from '../../../tap/queue/tap-device.js';
import type { MissedPackets } from '../../device/missed-packets.js';
import type { ReceptionCounter, ReceptionStatistics } from '../sinks/frame-sink.js';
import { periodSince } from '../sinks/frame-time.js';
import { FrameCounts } from './frame-counts.js';

/** What is counted of a device since this object was made. */
export class DeviceCounters implements ReceptionCounter, Disposable {
  /** What the run itself counts. */
  readonly frames = new FrameCounts();
  readonly #missed: MissedCount;
  readonly #device: TapDevice;
  readonly #startMs = Date.now();

  /** Begins to count what the kernel drops of `device`, which must outlive it. */
  constructor(device: TapDevice) {
    this.#device = device;
    this.#missed = new MissedCount(device.ifindex);
  }

  /** Packets that the kernel dropped because a queue was full. */
  get missed(): number {
    return this.#missed.read();
  }

  /** As `missed`, with the queues that no process reads. Asks the holder for them if packets were missed. */
  async readMissed(): Promise<MissedPackets> {
    const { name, ifindex } = this.#device;
    if (this.missed === 0) return { name, missed: 0, unread: [] };
    const unread = (await findUnreadQueues([ifindex])).get(ifindex);
    const filtered = readAddressFilter({ index: ifindex }) !== undefined;
    return { name, missed: this.missed, unread, filtered };
  }

  /** Packets that were longer than the receive buffers, and are not handed out. */
  get truncated(): number {
    return this.#device.queues.reduce((sum, { truncated }) => sum + truncated, 0);
  }

  statistics(): ReceptionStatistics {
    const { offered, captured, discarded } = this.frames;
    return {
      ...periodSince(this.#startMs),
      received: offered + discarded,
      missed: this.missed,
      accepted: captured,
    };
  }

  [Symbol.dispose](): void {
    this.#missed[Symbol.dispose]();
  }
}
