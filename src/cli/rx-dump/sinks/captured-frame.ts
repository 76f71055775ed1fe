import type { PacketDirection } from '../../../packet/capture/capture-record.js';

/**
 * A frame and its origin: a queue of a device, or a saved capture. The object is reused: it and what it refers to are
 * borrowed until the next frame.
 */
export interface CapturedFrame {
  /** QUEUE_UNKNOWN if a saved capture does not say it. */
  readonly queue: number;
  /** As the kernel sees it: `outbound` is what the kernel transmits and rtap receives. */
  readonly direction: PacketDirection;
  /** Ethernet header and payload, as far as they were captured. */
  readonly bytes: Uint8Array;
  /** Bytes of the frame before it was cut; at least as many as `bytes` has. */
  readonly originalLength: number;
  /** Whether there is a time; a saved capture may lack it. */
  readonly timed: boolean;
  /** When its burst was complete, or the recorded time: seconds since 1970 and nanoseconds within. */
  readonly seconds: number;
  readonly nanoseconds: number;
  /** `seconds` without rounding, if a number cannot hold them. */
  readonly exactSeconds?: bigint | undefined;
  /** The virtio-net header, little-endian, 10 or 12 bytes; empty for none. */
  readonly header: Uint8Array;
  /** Whether the checksum that `header` leaves unfinished is finished in `bytes`. */
  readonly checksumFinished: boolean;
  /** Index in the run's list of interfaces. */
  readonly interfaceId: number;
}

/** The same for the owner of the object, which fills it in for each frame. */
export type MutableFrame = { -readonly [Key in keyof CapturedFrame]: CapturedFrame[Key] };

/** Where frames came from: the device, or an interface of a saved capture. */
export interface CapturedInterface {
  /** '' if a saved capture does not name it. */
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
    timed: true,
    seconds: 0,
    nanoseconds: 0,
    header: NO_BYTES,
    checksumFinished: false,
    interfaceId: 0,
  };
}
