import { ArgumentTypeError } from '../../errors.js';
import type { Offload } from '../../tap/device/offloads.js';

const NONE = 'none';

/** The offloads of each word of a list. The kernel accepts `uso4` and `uso6` only together. */
const MEANINGS: Readonly<Record<string, readonly Offload[]>> = {
  csum: ['csum'],
  tso4: ['tso4'],
  tso6: ['tso6'],
  tso: ['tso4', 'tso6'],
  ecn: ['ecn'],
  uso: ['uso'],
  uso4: ['uso'],
  uso6: ['uso'],
};

/** The words that completion offers. Other spellings are valid, too. */
export const OFFLOAD_WORDS: readonly string[] = ['csum', 'tso', 'tso4', 'tso6', 'ecn', 'uso', NONE];

/** Reads a list of offloads: `none`, or words separated by commas. Throws a TypeError for anything else. */
export function readOffloadList(text: string): Offload[] {
  const words = text.split(',').map((word) => word.trim());
  if (words.length === 1 && words[0] === NONE) return [];
  if (words.includes(NONE))
    throw new ArgumentTypeError(`cannot read offloads "${text}": none cannot be combined with others`);
  return [...new Set(words.flatMap(readWord))];
}

/** Writes a list that `readOffloadList` reads. */
export function formatOffloadList(offloads: readonly Offload[]): string {
  return offloads.length === 0 ? NONE : offloads.join(',');
}

function readWord(word: string): readonly Offload[] {
  const meaning = Object.hasOwn(MEANINGS, word) ? MEANINGS[word] : undefined;
  if (meaning !== undefined) return meaning;
  const known = OFFLOAD_WORDS.filter((known) => known !== NONE);
  const wanted = `${known.slice(0, -1).join(', ')} or ${known.at(-1)}`;
  throw new ArgumentTypeError(
    `cannot read offload "${word}": wanted ${wanted}, separated by commas, or ${NONE}`,
  );
}
