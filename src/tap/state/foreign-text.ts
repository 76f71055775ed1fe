/** Most bytes of a process's name in JSON, so that what a holder tells of all its users has room in a message. */
export const NAME_BYTES_MAX = 64;

const encoder = new TextEncoder();

/** Another user chose it: no escape sequence of his reaches a terminal. */
export function printable(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is looked for
  return text.replace(/[\x00-\x1f\x7f-\x9f\u2028\u2029]/g, '?');
}

/** The beginning of `text`, as much as JSON writes in `bytesMax` bytes: some characters take six. */
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
