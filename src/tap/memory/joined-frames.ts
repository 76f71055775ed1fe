import type { FrameBurst } from './frame-burst.js';

/** Copies in one piece of frames that lie in several. Each frame of a burst has room, which the next one there reuses. */
export class GatheredFrames {
  readonly #rooms: Uint8Array[] = [];

  /** Frame `index` of `burst`; borrowed until that frame is gathered again. */
  gather(burst: FrameBurst, index: number): Uint8Array {
    const length = burst.lengths[index]!;
    let room = this.#rooms[index];
    if (room === undefined || room.length < length) {
      room = new Uint8Array(length);
      this.#rooms[index] = room;
    }
    let at = 0;
    const count = burst.segmentCount(index);
    for (let number = 0; number < count; number++) {
      const segment = burst.segment(index, number);
      room.set(segment, at);
      at += segment.length;
    }
    return room.subarray(0, length);
  }
}
