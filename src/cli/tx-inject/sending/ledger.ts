import { LinkTypeCounts } from '../../input/link-type-counts.js';

/** Counts what became of the frames of a run. */
export class Ledger {
  /** Frames of the input; the pieces of a frame that rtap cut. */
  offered = 0;
  /** Frames that the kernel took. */
  accepted = 0;
  /** Bytes of those, without virtio-net header. */
  bytes = 0;
  /** Frames that were captured short of their length, and sent as captured. */
  short = 0;
  /** Frames sent with a virtio-net header that leaves work to the kernel: a checksum, or segmentation. */
  offloaded = 0;
  /** Frames that rtap cut itself, because the device has no virtio-net header. */
  cut = 0;
  /** Refused frames by the name of the errno. */
  readonly refused = new Map<string, number>();
  /** Frames that got an Ethernet header, by the link type of their capture. */
  readonly converted = new LinkTypeCounts();
  /** Refused frames that are not Ethernet, by their link type. */
  readonly refusedTypes = new LinkTypeCounts();
  readonly #onFirst: (code: string) => void;

  /** Calls `onFirst` with each errno when it comes for the first time. */
  constructor(onFirst: (code: string) => void = () => {}) {
    this.#onFirst = onFirst;
  }

  refuse(code: string, count = 1): void {
    const before = this.refused.get(code);
    this.refused.set(code, (before ?? 0) + count);
    if (before === undefined) this.#onFirst(code);
  }

  /** Adds what `other` has counted. */
  add(other: Ledger): void {
    this.offered += other.offered;
    this.accepted += other.accepted;
    this.bytes += other.bytes;
    this.short += other.short;
    this.offloaded += other.offloaded;
    this.cut += other.cut;
    for (const [code, count] of other.refused) this.refuse(code, count);
    this.converted.addAll(other.converted);
    this.refusedTypes.addAll(other.refusedTypes);
  }

  /** All refused frames. */
  get refusedCount(): number {
    let sum = 0;
    for (const count of this.refused.values()) sum += count;
    return sum;
  }
}
