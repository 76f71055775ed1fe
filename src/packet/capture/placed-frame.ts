/** One region of memory, seen as bytes and as numbers of 16 and 32 bits in the order of this machine. */
export interface PlacedMemory {
  readonly bytes: Uint8Array;
  readonly halves: Uint16Array;
  readonly words: Int32Array;
}

/**
 * A frame by the place where it lies, so that it needs no view: a view of a frame of another length would be a new object. One
 * object serves for all frames. For little-endian machines.
 */
export interface PlacedFrame {
  /** Memory that has the frame and its virtio-net header. */
  memory: PlacedMemory;
  /** The word of it where the frame begins. */
  word: number;
  /** Bytes of the frame that are there. */
  length: number;
  /** Bytes of the frame before it was cut. */
  originalLength: number;
  seconds: number;
  nanoseconds: number;
  outbound: boolean;
  /** QUEUE_UNKNOWN for none. */
  queue: number;
  /** The half of the memory where the virtio-net header begins. */
  headerHalf: number;
  /** Bytes of the virtio-net header that are known: 10 or 12, or 0 for none. */
  headerBytes: number;
  /** Whether the checksum that the virtio-net header leaves unfinished is finished in the frame. */
  checksumFinished: boolean;
}

/** A frame of nothing in no memory, which its owner fills in for each frame that comes. */
export function blankPlacedFrame(): PlacedFrame {
  return {
    memory: { bytes: new Uint8Array(), halves: new Uint16Array(), words: new Int32Array() },
    word: 0,
    length: 0,
    originalLength: 0,
    seconds: 0,
    nanoseconds: 0,
    outbound: true,
    queue: 0,
    headerHalf: 0,
    headerBytes: 0,
    checksumFinished: false,
  };
}
