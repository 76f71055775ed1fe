import type { PacketDirection } from '../../../packet/capture/capture-record.js';

/**
 * A frame and where it came from: a queue of a device, or a saved capture. Reused: it and what it refers to are
 * borrowed until the next frame.
 */
export interface CapturedFrame {
  /** QUEUE_UNKNOWN where a saved capture does not say. */
  readonly queue: number;
  /** As the kernel sees it: `outbound` for what it transmits, which is what rtap receives. */
  readonly direction: PacketDirection;
  /** Ethernet header and payload, as far as they were captured. */
  readonly bytes: Uint8Array;
  /** Bytes of the frame before it was cut; never less than `bytes` has. */
  readonly originalLength: number;
  /** When its burst was complete, or as recorded: seconds since 1970 and nanoseconds within. */
  readonly seconds: number;
  readonly nanoseconds: number;
  /** The virtio-net header, little-endian, 10 or 12 bytes; empty for none. */
  readonly header: Uint8Array;
  /** Whether the checksum that `header` leaves unfinished is finished in `bytes`. */
  readonly checksumFinished: boolean;
  /** Index in the run's list of interfaces. */
  readonly interfaceId: number;
}

/** One that its owner fills anew for each frame. */
export type MutableFrame = { -readonly [Key in keyof CapturedFrame]: CapturedFrame[Key] };

/** What the frames came from: the device, or the interfaces of a saved capture. */
export interface CapturedInterface {
  /** '' where a saved capture does not say. */
  readonly name: string;
}

const NO_BYTES = new Uint8Array();

/** A frame of nothing, which its owner fills in for each frame that comes. */
export function blankFrame(direction: PacketDirection): MutableFrame {
  return {
    queue: 0,
    direction,
    bytes: NO_BYTES,
    originalLength: 0,
    seconds: 0,
    nanoseconds: 0,
    header: NO_BYTES,
    checksumFinished: false,
    interfaceId: 0,
  };
}
