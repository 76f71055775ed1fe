import type { Link } from '../../netlink/link.js';
import type { LinkStatistics } from '../../netlink/link-statistics.js';
import { Links } from '../../netlink/links.js';
import type { DeviceStatistics } from '../../tap/counters/device-statistics.js';
import { emptyCounts, type QueueCounts } from '../../tap/counters/queue-counts.js';
import { type PassedPackets, QueueCounter } from '../../tap/watch/queue-counter.js';
import type { CountReading } from './statistics-watch.js';

/** Counts of a device that another program uses: of each queue those of packet sockets, of the device those of the kernel. */
export class SocketStatistics implements CountReading, Disposable {
  readonly source = 'sockets';
  readonly #ifindex: number;
  readonly #counter: QueueCounter;

  /** Begins to count. Throws a SystemError: EPERM without CAP_NET_RAW. */
  constructor(link: Link) {
    this.#ifindex = link.index;
    this.#counter = QueueCounter.open(link);
  }

  /** Whether packets are counted already. An older kernel needs the device up for the start. */
  get started(): boolean {
    return this.#counter.started;
  }

  /** Returns what has been counted since the start; undefined if the device is gone. The queues have packets only, no bytes. */
  read(): DeviceStatistics | undefined {
    using links = Links.open();
    const link = links.byIndex(this.#ifindex);
    if (link === undefined) return undefined;
    const { index: ifindex, name, stats64: kernel } = link;
    return {
      name,
      ifindex,
      queues: this.#counter.read().map(countsOfQueue),
      total: countsOfDevice(kernel),
      missed: kernel.tx.dropped,
      kernel,
      qdisc: undefined,
      since: undefined,
    };
  }

  /** Packets of no queue, or of one that had just appeared. */
  readUnnumbered(): number {
    const { rx, tx } = this.#counter.readUnnumbered();
    return rx + tx;
  }

  [Symbol.dispose](): void {
    this.#counter[Symbol.dispose]();
  }
}

function countsOfQueue({ rx, tx }: PassedPackets): QueueCounts {
  return { ...emptyCounts(), rxPackets: rx, txPackets: tx };
}

/** The kernel counts the directions the other way round. */
function countsOfDevice({ rx, tx }: LinkStatistics): QueueCounts {
  return {
    ...emptyCounts(),
    rxPackets: tx.packets,
    rxBytes: tx.bytes,
    rxErrors: tx.errors,
    txPackets: rx.packets,
    txBytes: rx.bytes,
    txErrors: rx.errors,
  };
}
