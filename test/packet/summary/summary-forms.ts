import {
  summarizeFrame,
  summarizeFrameVerbosely,
  summarizeFrameWithLink,
} from '../../../src/packet/summary/frame-summary.js';

/** Throws if the line is not one line of text that shows no trace of a read beyond the bytes. */
function check(line: string): void {
  if (line === '' || /undefined|NaN|\n/.test(line)) throw new Error(`bad line: ${line}`);
}

/**
 * Throws if a form of a frame's summary is not text, or shows a trace of a read beyond the bytes. Further lines of a packet
 * begin with a blank.
 */
export function checkForms(frame: Uint8Array, originalLength: number): void {
  check(summarizeFrame(frame, originalLength));
  check(summarizeFrameWithLink(frame, originalLength));
  for (const linkShown of [false, true]) {
    const [first, ...more] = summarizeFrameVerbosely(frame, originalLength, { linkShown }).split('\n');
    check(first!);
    for (const line of more) {
      check(line);
      if (!/^[ \t]+\S/.test(line)) throw new Error(`bad line: ${line}`);
    }
  }
}
