import { isSystemError } from '../../sys/errno.js';
import type { Purpose } from '../../sys/libc.js';
import { compileSocketFilter, FilterProgram, needsOpenDevice } from '../../sys/libpcap.js';
import { RingSocket } from '../../sys/ring-socket.js';
import { directionFilter, type WatchDirection, withDirection } from './watch-programs.js';

/** More than any frame is long: what libpcap's own programs keep. Bytes. */
const SNAPSHOT_BYTES_MAX = 262_144;

/** Which frames a filter accepts; as in `FrameWatchOptions`. */
export interface FrameFilterOptions {
  readonly direction?: WatchDirection | undefined;
  readonly filter?: string | undefined;
  readonly snapshotBytes?: number | undefined;
}

/** What the sockets accept. */
export interface ChosenFilter {
  /** Classic BPF. */
  readonly program: Uint8Array;
}

/**
 * Chooses the frames that a watch sees: direction, expression, and how much of each frame. The kernel runs the filter. If the
 * expression is too long for the kernel, this process runs it.
 */
export class FrameFilter implements Disposable {
  readonly #purpose: Purpose;
  readonly #direction: WatchDirection;
  readonly #expression: string;
  readonly #snapshotBytes: number;
  #matcher: FilterProgram | undefined;
  #chosen: ChosenFilter | undefined;

  /** `purpose` is for errors. Throws a TypeError for an expression that libpcap does not understand. */
  constructor(purpose: Purpose, { direction = 'inout', filter = '', snapshotBytes }: FrameFilterOptions) {
    this.#purpose = purpose;
    this.#direction = direction;
    this.#expression = filter.trim();
    this.#snapshotBytes = snapshotBytes ?? SNAPSHOT_BYTES_MAX;
    if (this.#expression === '') {
      this.#chosen = { program: directionFilter(direction, this.#snapshotBytes) };
    } else if (needsOpenDevice(this.#expression)) {
      // Only to find a mistake in the expression now. The device may be down, so the program is compiled later.
      FilterProgram.compile(this.#expression)[Symbol.dispose]();
    } else this.#chosen = this.#compile('');
  }

  /** What this process runs of the filter. undefined if the kernel runs it all. Owned by this object. */
  get matcher(): FilterProgram | undefined {
    return this.#matcher;
  }

  /** Returns the filter for the device `name`. undefined if the expression can be compiled only when the device is up. */
  choose(name: string, isUp: boolean): ChosenFilter | undefined {
    if (this.#chosen === undefined && isUp) this.#chosen = this.#compile(name);
    return this.#chosen;
  }

  [Symbol.dispose](): void {
    this.#matcher?.[Symbol.dispose]();
  }

  #compile(device: string): ChosenFilter {
    const compiled = compileSocketFilter(this.#expression, device, this.#snapshotBytes);
    const program = withDirection(this.#direction, compiled);
    if (this.#isTaken(program)) return { program };
    this.#matcher = FilterProgram.compile(this.#expression);
    return { program: directionFilter(this.#direction, this.#snapshotBytes) };
  }

  /** Whether the kernel takes `program`. It refuses one of more than 4,096 instructions (BPF_MAXINSNS). */
  #isTaken(program: Uint8Array): boolean {
    using socket = RingSocket.open(this.#purpose);
    try {
      socket.setFilter(program);
      return true;
    } catch (error) {
      if (isSystemError(error, 'EINVAL', 'ENOMEM')) return false;
      throw error;
    }
  }
}
