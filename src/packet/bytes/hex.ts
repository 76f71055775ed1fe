import { ArgumentTypeError } from '../../errors.js';

const HEX_OF_BYTE = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0'));

const NOT_A_DIGIT = -1;

/** Two lower-case digits; `byte` is 0 to 255. */
export function formatHexByte(byte: number): string {
  return HEX_OF_BYTE[byte]!;
}

/** The bytes from `start` to before `end` as lower-case digits without separators. */
export function formatHex(bytes: Uint8Array, start = 0, end = bytes.length): string {
  let text = '';
  for (let index = start; index < end; index++) text += HEX_OF_BYTE[bytes[index]!];
  return text;
}

/**
 * Reads pairs of hexadecimal digits. Blanks, newlines, colons and hyphens may separate pairs, and `0x` may precede any
 * group.
 *
 * @throws {TypeError} that names the first wrong character, or a digit without its partner.
 */
export function parseHex(text: string): Uint8Array {
  const bytes = new Uint8Array(text.length >> 1);
  let count = 0;
  let at = 0;
  while (at < text.length) {
    if (isSeparator(text.charCodeAt(at))) {
      at++;
    } else if (text.charCodeAt(at) === 0x30 && (text.charCodeAt(at + 1) | 0x20) === 0x78) {
      at += 2;
    } else {
      bytes[count++] = parsePair(text, at);
      at += 2;
    }
  }
  return bytes.slice(0, count);
}

function parsePair(text: string, at: number): number {
  const high = parseDigit(text.charCodeAt(at));
  if (high === NOT_A_DIGIT)
    throw refusal(text, `"${characterAt(text, at)}" at position ${at + 1} is not hexadecimal`);
  const low = at + 1 < text.length ? parseDigit(text.charCodeAt(at + 1)) : NOT_A_DIGIT;
  if (low !== NOT_A_DIGIT) return high * 16 + low;
  if (at + 1 < text.length && !isSeparator(text.charCodeAt(at + 1))) {
    throw refusal(text, `"${characterAt(text, at + 1)}" at position ${at + 2} is not hexadecimal`);
  }
  throw refusal(text, `the digit at position ${at + 1} has no partner: hexadecimal digits come in pairs`);
}

function characterAt(text: string, at: number): string {
  return String.fromCodePoint(text.codePointAt(at)!);
}

function refusal(text: string, fact: string): TypeError {
  const shown = text.length > 40 ? `${text.slice(0, 37)}...` : text;
  return new ArgumentTypeError(`cannot parse "${shown}": ${fact}`);
}

/** Blank, tab, newline, carriage return, colon, hyphen. */
function isSeparator(code: number): boolean {
  return code === 0x20 || (code >= 0x09 && code <= 0x0d) || code === 0x3a || code === 0x2d;
}

function parseDigit(code: number): number {
  if (code >= 0x30 && code <= 0x39) return code - 0x30;
  const lower = code | 0x20;
  return lower >= 0x61 && lower <= 0x66 ? lower - 0x57 : NOT_A_DIGIT;
}
