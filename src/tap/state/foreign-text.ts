/** Most bytes of a process's name in JSON: with this limit a holder's list of all its users fits into one message. */
export const NAME_BYTES_MAX = 64;

const encoder = new TextEncoder();

/**
 * Replaces the control characters in `text`, which another user chose, so that no escape sequence reaches a terminal.
 */
export function printable(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is looked for
  return text.replace(/[\x00-\x1f\x7f-\x9f\u2028\u2029]/g, '?');
}

/** As much of the beginning of `text` as JSON writes in `bytesMax` bytes. Some characters take six bytes there. */
export function clipped(text: string, bytesMax: number): string {
  let bytes = 0;
  let end = 0;
  for (const character of text) {
    // Without its quotation marks.
    bytes += encoder.encode(JSON.stringify(character)).length - 2;
    if (bytes > bytesMax) break;
    end += character.length;
  }
  return text.slice(0, end);
}
