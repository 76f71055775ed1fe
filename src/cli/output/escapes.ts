// Names of devices, files and processes, and what users type, may hold any character. Each kind of output writes the control
// characters among them in its own way, so that no escape sequence reaches a terminal. OpenMetrics text is in cli/metrics, words
// of a shell are in cli/completion.

/**
 * Control characters without tab and line feed, line separators, and the characters that turn the direction of writing:
 * they would let a name look like another one.
 */
// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is looked for
const UNPRINTABLE = /[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069]/g;
/** Without the two that a line of text may hold, but a name within it may not. */
const LINE_CHARACTERS = /[\t\n]/g;
/** JSON escapes the characters below these by itself. They stand in its strings alone. */
const RAW_IN_JSON = /[\x7f-\x9f\u2028-\u202e\u2066-\u2069]/g;
/** Source: ECMA-48, SGR: what colours consist of. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: the escape character is what is looked for
const COLOUR = /(\x1b\[[0-9;]*m)/;

/** Text for a terminal or a file, of one line or several, as `\x1b` and `\u2028` where it cannot be printed. */
export function printableText(text: string): string {
  return text.replace(UNPRINTABLE, escaped);
}

/** As `printableText`, for a name within a line. */
export function printableName(name: string): string {
  return printableText(name).replace(LINE_CHARACTERS, escaped);
}

/** As `printableText`, for text that has colours: these stay. Names in it must have been through `printableName`. */
export function printableColouredText(text: string): string {
  // With a group in the separator, every second part is a colour.
  return text
    .split(COLOUR)
    .map((part, index) => (index % 2 === 0 ? printableText(part) : part))
    .join('');
}

/** `value` as one line of JSON. A string reads back as it was, and no control character stands in it. */
export function jsonText(value: unknown): string {
  return JSON.stringify(value).replace(
    RAW_IN_JSON,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

function escaped(character: string): string {
  const code = character.charCodeAt(0).toString(16);
  return code.length > 2 ? `\\u${code.padStart(4, '0')}` : `\\x${code.padStart(2, '0')}`;
}
