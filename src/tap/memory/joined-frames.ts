/** Frames that lie in several segments. A burst implements it. */
export interface SegmentedFrames {
  /** Bytes of each frame. */
  readonly lengths: Int32Array;
  segmentCount(index: number): number;
  segment(index: number, number: number): Uint8Array;
}

/**
 * Copies, in one piece, of frames that lie in several. Each frame of a burst has its buffer, which is reused
 * by the next frame with its number.
 */
export class JoinedFrames {
  readonly #rooms: Uint8Array[] = [];

  /** Returns frame `index` of `frames`; borrowed until the frame with that number is joined again. */
  join(frames: SegmentedFrames, index: number): Uint8Array {
    const length = frames.lengths[index]!;
    let room = this.#rooms[index];
    if (room === undefined || room.length < length) {
      room = new Uint8Array(length);
      this.#rooms[index] = room;
    }
    let at = 0;
    const count = frames.segmentCount(index);
    for (let number = 0; number < count; number++) {
      const segment = frames.segment(index, number);
      room.set(segment, at);
      at += segment.length;
    }
    return room.subarray(0, length);
  }
}
