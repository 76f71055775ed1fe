/** What a key does. */
export type KeyAction = 'quit' | 'next-order' | 'previous-order' | 'reverse';

/** Source: xterm's control sequences, cursor keys in normal and in application mode. */
const ACTIONS: Readonly<Record<string, KeyAction>> = {
  q: 'quit',
  Q: 'quit',
  s: 'next-order',
  '\x1b[C': 'next-order',
  '\x1bOC': 'next-order',
  '\x1b[D': 'previous-order',
  '\x1bOD': 'previous-order',
  '\x1b[A': 'reverse',
  '\x1bOA': 'reverse',
  '\x1b[B': 'reverse',
  '\x1bOB': 'reverse',
};

/** A control sequence, so that no letter of one is taken for a key; or one key. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: the escape character begins a sequence
const KEY = /\x1b(?:\[[0-9;?]*[@-~]|O.)|./gs;

/** Returns what the keys in `text` do, as a terminal sends them. Keys without a meaning are left out. */
export function actionsOf(text: string): KeyAction[] {
  const keys = text.match(KEY) ?? [];
  return keys.map((key) => ACTIONS[key]).filter((action) => action !== undefined);
}
