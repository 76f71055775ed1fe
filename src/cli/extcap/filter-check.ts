import { compileSocketFilter, FilterProgram, needsOpenDevice } from '../../sys/libpcap.js';

/** More than any frame is long. Bytes. */
const SNAPSHOT_BYTES = 262_144;

/** Throws a TypeError or RangeError unless libpcap understands `expression`, and an UnavailableError if libpcap is missing. */
export function assertFilter(expression: string): void {
  if (needsOpenDevice(expression)) FilterProgram.compile(expression)[Symbol.dispose]();
  else compileSocketFilter(expression, '', SNAPSHOT_BYTES);
}

/** Returns what is wrong with `expression`; undefined if it is right. Wireshark colours the field by it. */
export function findFilterFault(expression: string): string | undefined {
  try {
    assertFilter(expression);
    return undefined;
  } catch (error) {
    // Whatever it is: a capture with this filter would end with the same error.
    return error instanceof Error ? error.message : String(error);
  }
}
