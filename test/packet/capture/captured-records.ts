import type { CaptureReader } from '../../../src/packet/capture/capture-reader.js';

/** A copy of one record. */
export interface CapturedRecord {
  readonly recordNumber: number;
  readonly seconds: number;
  /** Absent if `seconds` are exact. */
  readonly exactSeconds?: bigint;
  readonly nanoseconds: number;
  readonly originalLength: number;
  readonly linkType: number;
  readonly frame: Uint8Array;
}

/** The records of a reader, and the error that ended it. */
export interface CapturedRun {
  readonly records: readonly CapturedRecord[];
  readonly error: Error | undefined;
}

/** Feeds `bytes` to `reader` in chunks of `chunkBytes`, ends it, and collects what it delivers. */
export function drainCapture(
  reader: CaptureReader,
  bytes: Uint8Array,
  chunkBytes = bytes.length,
): CapturedRun {
  const records: CapturedRecord[] = [];
  try {
    for (let at = 0; at < bytes.length; at += chunkBytes) {
      reader.push(bytes.subarray(at, at + chunkBytes));
      takeAll(reader, records);
    }
    reader.end();
    takeAll(reader, records);
  } catch (error) {
    return { records, error: error as Error };
  }
  return { records, error: undefined };
}

function takeAll(reader: CaptureReader, records: CapturedRecord[]): void {
  while (reader.next()) {
    const { number, seconds, exactSeconds, nanoseconds, originalLength, linkType, frame } = reader.record;
    records.push({
      recordNumber: number,
      seconds,
      ...(exactSeconds === undefined ? {} : { exactSeconds }),
      nanoseconds,
      originalLength,
      linkType,
      frame: Uint8Array.from(frame),
    });
  }
}
