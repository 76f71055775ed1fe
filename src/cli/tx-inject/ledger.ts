/** What became of the frames of a run. */
export class Ledger {
  /** Frames that the input had; where one was cut here, its pieces. */
  offered = 0;
  /** Frames that the kernel took. */
  accepted = 0;
  /** Bytes of those, without virtio-net header. */
  bytes = 0;
  /** Frames that had been captured short of their length; sent as they were captured. */
  short = 0;
  /** Frames sent with something that the kernel was told of them: a checksum to finish, a length to cut them to. */
  offloaded = 0;
  /** Frames cut here, since the device could not be asked to. */
  cut = 0;
  /** Refused frames by the name of the errno. */
  readonly refused = new Map<string, number>();
  readonly #onFirst: (code: string) => void;

  /** `onFirst` is told of each errno when it first comes. */
  constructor(onFirst: (code: string) => void = () => {}) {
    this.#onFirst = onFirst;
  }

  refuse(code: string, count = 1): void {
    const before = this.refused.get(code);
    this.refused.set(code, (before ?? 0) + count);
    if (before === undefined) this.#onFirst(code);
  }

  /** All refused frames. */
  get refusedCount(): number {
    let sum = 0;
    for (const count of this.refused.values()) sum += count;
    return sum;
  }
}
