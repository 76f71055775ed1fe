/** Which way a packet went through the captured interface, as its capture tells. */
export type PacketDirection = 'inbound' | 'outbound' | 'unknown';

/** What `CaptureReader.queue` says where the capture does not name a queue. */
export const QUEUE_UNKNOWN = -1;

/** What `CaptureReader.linkType` says before it is known. */
export const LINKTYPE_UNKNOWN = -1;

export interface CaptureReaderOptions {
  /** What to call the capture in errors, for example its path. @default '' */
  readonly name?: string;
}

/**
 * A cursor over the records of a capture, fed with bytes as they arrive from a file or a pipe.
 *
 * Call `next` until it returns false, then `push` the next chunk, whatever its size; after the last chunk call
 * `end` and go on calling `next` until it returns false again. Whole records come before the error about a cut or
 * corrupt one. The getters describe the current record; what they return is borrowed until the next `push`
 * or `next`.
 */
export interface CaptureReader {
  /** Takes a copy of `chunk`. Chunks of 64 KiB to 1 MiB do best. */
  push(chunk: Uint8Array): void;
  /** Says that no more bytes will come. */
  end(): void;
  /**
   * Advances to the next whole record. False means that more bytes are needed or, after `end`, that there are no
   * more records.
   *
   * @throws {MalformedError} when the input is no capture, or the next record is cut or corrupt; each later call
   *   throws the same error.
   */
  next(): boolean;
  /** True once the file header has been read. */
  readonly headerKnown: boolean;
  /** LINKTYPE_ value of the current record; before the first one that of the first interface, if it is known. */
  readonly linkType: number;
  /** The captured bytes, borrowed. The view is made anew for each record. */
  readonly frame: Uint8Array;
  readonly capturedLength: number;
  /** The packet's length before it was cut by a snapshot length. */
  readonly originalLength: number;
  /** Seconds since 1970 in UTC. */
  readonly timestampSeconds: number;
  /** 0 to 999,999,999. */
  readonly timestampNanoseconds: number;
  /** 1 for the first record. */
  readonly recordNumber: number;
  /** Name of the interface, '' where the capture does not say. */
  readonly interfaceName: string;
  /** Queue number, QUEUE_UNKNOWN where the capture does not say. */
  readonly queue: number;
  readonly direction: PacketDirection;
  /** The virtio-net header that rtap stored beside the frame, little-endian, borrowed; empty where there is none. */
  readonly virtioNetHeader: Uint8Array;
  /** Whether the checksum that `virtioNetHeader` leaves unfinished is finished in `frame`. */
  readonly checksumFinished: boolean;
  /** Which interface of the whole capture it is: 0 for the first one described, counted over all sections. */
  readonly interfaceId: number;
}
