/** What became of the frames of a run. */
export class Ledger {
  /** Frames that the input had. */
  offered = 0;
  /** Frames that the kernel took. */
  accepted = 0;
  /** Bytes of those, without virtio-net header. */
  bytes = 0;
  /** Frames that had been captured short of their length; sent as they were captured. */
  short = 0;
  /** Refused frames by the name of the errno. */
  readonly refused = new Map<string, number>();

  refuse(code: string, count = 1): void {
    this.refused.set(code, (this.refused.get(code) ?? 0) + count);
  }

  /** All refused frames. */
  get refusedCount(): number {
    let sum = 0;
    for (const count of this.refused.values()) sum += count;
    return sum;
  }
}
