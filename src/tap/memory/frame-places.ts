import { ArgumentRangeError } from '../../errors.js';
import type { ReceiveSlots } from './receive-slots.js';

/** Where the frames of a burst lie. */
interface FramePlaces {
  readonly bytes: Uint8Array;
  readonly headerBytes: number;
  readonly offsets: Int32Array;
  readonly lengths: Int32Array;
  readonly chainCounts: Int32Array;
}

/**
 * Throws a RangeError if `offsets` and `lengths`, which the program may write, put frame `index` outside of the arena, or out of the
 * chain of `slots` that it was received in.
 *
 * @param slots of a burst of received frames
 */
export function assertInside(
  burst: FramePlaces,
  index: number,
  slots?: Pick<ReceiveSlots, 'chainCountOf'>,
): void {
  const offset = burst.offsets[index]!;
  const length = burst.lengths[index]!;
  const chainCount = burst.chainCounts[index]!;
  if (length >= 0) {
    if (chainCount === 0 && offset >= burst.headerBytes && offset + length <= burst.bytes.length) return;
    if (chainCount > 0 && (slots === undefined || slots.chainCountOf(length) === chainCount)) return;
  }
  throw new ArgumentRangeError(
    `cannot send frame ${index}: ${length} bytes from byte ${offset} on lie outside of the memory for frames`,
  );
}
