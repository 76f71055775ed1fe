import type { PacketDirection } from '../../../packet/capture/capture-reader.js';

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

/** What a run counts, since it attached. */
export interface CaptureStatistics {
  /** When it began, and the time of the count: seconds since 1970 and nanoseconds within. */
  readonly startSeconds: number;
  readonly startNanoseconds: number;
  readonly endSeconds: number;
  readonly endNanoseconds: number;
  /** Packets taken from the kernel. */
  readonly received: number;
  /** Packets that the kernel dropped before anybody took them. */
  readonly missed: number;
  /** Of those received, the ones that the filter let through. */
  readonly accepted: number;
  /** Packets that the output took: fewer where its reader was too slow, more where they were segmented. */
  readonly written: number;
}

/** The same before it is known what the output took. */
export type ReceptionStatistics = Omit<CaptureStatistics, 'written'>;

/** Turns frames into bytes of output. */
export interface FrameSink {
  /** What comes before the first frame of the output, or of each of its files; empty for none. Borrowed. */
  begin(): Uint8Array;
  /** One frame as one item of output; borrowed until the next call. */
  encode(frame: CapturedFrame): Uint8Array;
  /** The output took the item of the last `encode`; a new file may have been begun before it. */
  written?(): void;
  /** What comes after the last frame; empty for none. `statistics` is undefined where a saved capture was read. Borrowed. */
  end(statistics: CaptureStatistics | undefined): Uint8Array;
}
