/** Characters that take two columns of a terminal. Source: Unicode Standard Annex 11, East Asian Width, the common ranges. */
const WIDE =
  /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}\p{Emoji_Presentation}\u3000-\u303e\uff01-\uff60\uffe0-\uffe6]/u;
/** Characters that take none: they belong to the one before. */
const ZERO = /[\p{Mark}\p{Cf}]/u;
const PLAIN_TEXT = /^[ -~]*$/;

/** Part of a line. `paint` colours it after it was cut, so its text has no colours. */
export interface LinePart {
  readonly text: string;
  readonly paint?: ((text: string) => string) | undefined;
}

/** Cuts `text`, one line without control characters, to `width` columns of a terminal, or fills it up with spaces. */
export function fitText(text: string, width: number, side: 'left' | 'right' = 'left'): string {
  const [kept, columns] = cutText(text, width);
  const filling = ' '.repeat(width - columns);
  return side === 'left' ? kept + filling : filling + kept;
}

/** As `fitText`, for a line of several parts. */
export function fitParts(parts: readonly LinePart[], width: number): string {
  let line = '';
  let room = width;
  for (const { text, paint = String } of parts) {
    const [kept, columns] = cutText(text, room);
    if (kept !== '') line += paint(kept);
    // Nothing may stand behind a part that was cut.
    room = kept === text ? room - columns : 0;
  }
  return line + ' '.repeat(Math.max(room, 0));
}

/** Returns what fits, and how many columns it takes. */
function cutText(text: string, width: number): [kept: string, columns: number] {
  if (PLAIN_TEXT.test(text)) return [text.slice(0, width), Math.min(text.length, width)];
  let kept = '';
  let columns = 0;
  for (const character of text) {
    const next = columns + widthOf(character);
    if (next > width) break;
    kept += character;
    columns = next;
  }
  return [kept, columns];
}

function widthOf(character: string): number {
  if (ZERO.test(character)) return 0;
  return WIDE.test(character) ? 2 : 1;
}
