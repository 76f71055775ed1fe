/** Levels above nothing. */
const BLOCKS = '▁▂▃▄▅▆▇█';
/** For terminals without UTF-8. */
const ASCII_BLOCKS = '.:-=+*%#';

/** Returns the characters of a graph for this environment: blocks where the locale is one with UTF-8. */
export function blocksFor({ LC_ALL, LC_CTYPE, LANG }: NodeJS.ProcessEnv): string {
  return /utf-?8/i.test(LC_ALL || LC_CTYPE || LANG || '') ? BLOCKS : ASCII_BLOCKS;
}

/**
 * Draws one character a value, the last value at the right end of `width` columns. 0 is a space, and all that is more can be seen.
 *
 * @param most the value of the highest character
 */
export function drawGraph(values: readonly number[], most: number, width: number, blocks: string): string {
  const shown = width > 0 ? values.slice(-width) : [];
  const characters = shown.map((value) => {
    if (value <= 0) return ' ';
    const level = Math.ceil((value / most) * blocks.length);
    return blocks[Math.min(Math.max(level, 1), blocks.length) - 1]!;
  });
  return characters.join('').padStart(width);
}
