import { formatHexByte } from './hex.js';

const BYTES_PER_LINE = 16;
/** Characters of a full line's digits: ` 4500` eight times. */
const DIGITS_WIDTH = 40;

const TAB = 0x09;
const NEWLINE = 0x0a;
const CARRIAGE_RETURN = 0x0d;

/**
 * What tcpdump -x prints below a packet: lines of `\t0x0000:  4500 0054 ...`, joined by newlines, without a
 * newline at the end. Without bytes the text is empty.
 */
export function formatHexDump(bytes: Uint8Array, start = 0, end = bytes.length): string {
  const lines: string[] = [];
  for (let at = start; at < end; at += BYTES_PER_LINE) {
    lines.push(formatOffset(at - start) + formatDigits(bytes, at, Math.min(at + BYTES_PER_LINE, end)));
  }
  return lines.join('\n');
}

/** What tcpdump -X prints: the lines of `formatHexDump`, each followed by its printable characters. */
export function formatHexAsciiDump(bytes: Uint8Array, start = 0, end = bytes.length): string {
  const lines: string[] = [];
  for (let at = start; at < end; at += BYTES_PER_LINE) {
    const stop = Math.min(at + BYTES_PER_LINE, end);
    const digits = formatDigits(bytes, at, stop).padEnd(DIGITS_WIDTH);
    lines.push(`${formatOffset(at - start)}${digits}  ${formatCharacters(bytes, at, stop)}`);
  }
  return lines.join('\n');
}

/**
 * What tcpdump -A prints: printable characters, tabs and newlines as they are, a dot for any other byte. A carriage
 * return before a newline is left out.
 */
export function formatAsciiDump(bytes: Uint8Array, start = 0, end = bytes.length): string {
  let text = '';
  for (let at = start; at < end; at++) {
    const byte = bytes[at]!;
    if (byte === CARRIAGE_RETURN) {
      // tcpdump also leaves one out among the last two bytes, whatever follows it.
      if (at + 2 < end && bytes[at + 1] !== NEWLINE) text += '.';
    } else if (byte === TAB || byte === NEWLINE || byte === 0x20) {
      text += String.fromCharCode(byte);
    } else {
      text += printable(byte);
    }
  }
  return text;
}

function formatOffset(offset: number): string {
  return `\t0x${offset.toString(16).padStart(4, '0')}: `;
}

function formatDigits(bytes: Uint8Array, start: number, end: number): string {
  let text = '';
  for (let at = start; at < end; at += 2) {
    text += ` ${formatHexByte(bytes[at]!)}`;
    if (at + 1 < end) text += formatHexByte(bytes[at + 1]!);
  }
  return text;
}

function formatCharacters(bytes: Uint8Array, start: number, end: number): string {
  let text = '';
  for (let at = start; at < end; at++) text += printable(bytes[at]!);
  return text;
}

/** The character of a visible ASCII byte. A dot for any other, blanks included. */
function printable(byte: number): string {
  return byte > 0x20 && byte < 0x7f ? String.fromCharCode(byte) : '.';
}
