import { Readable } from 'node:stream';
import { Chalk } from 'chalk';
import type { Console } from '../../src/cli/process/console.js';

/** A console that keeps its output, line by line. */
export interface ScriptedConsole extends Console {
  /** Standard output. */
  readonly printed: readonly string[];
  /** Standard error. */
  readonly noted: readonly string[];
}

/** One without colours, on no terminal, with empty input, to which no signal comes. */
export function makeConsole(): ScriptedConsole {
  const printed: string[] = [];
  const noted: string[] = [];
  return {
    printed,
    noted,
    print: (text) => printed.push(text),
    printJson: (value) => printed.push(JSON.stringify(value)),
    note: (text) => noted.push(text),
    status: (text) => void (text === '' || noted.push(text)),
    statusTerminal: false,
    fault: ({ message, hint }) =>
      void noted.push(`rtap: ${message}`, ...(hint === undefined ? [] : [`hint: ${hint}`])),
    warn: (text) => noted.push(`rtap: warning: ${text}`),
    style: new Chalk({ level: 0 }),
    terminal: false,
    hungUp: false,
    input: Readable.from([]),
    doneOnce: new Set(),
    exitCode: 0,
    onStop: () => () => {},
    onReport: () => () => {},
    onContinue: () => () => {},
    onFlush: () => () => {},
  };
}
