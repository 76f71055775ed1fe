import { writeSync } from 'node:fs';
import { EXIT_DONE } from '../errors/exit-code.js';
import { jsonText, printableColouredText, printableText } from '../output/escapes.js';
import { PLAIN, type Style } from '../output/style.js';
import { isTerminal } from '../output/terminal.js';
import type { Console, TerminalSequences } from './console.js';
import { leadsToJournal, type Priority, withPriority } from './journal.js';
import { StopDetection } from './stop-detection.js';
import { writeTalk } from './talk-output.js';

const STDOUT = 1;
const STDERR = 2;
const STOP_SIGNALS: readonly NodeJS.Signals[] = ['SIGINT', 'SIGTERM', 'SIGHUP'];

/** The reader of standard output has closed it, so the program has nothing left to do. */
export class ClosedPipe extends Error {
  override readonly name = 'ClosedPipe';
}

/** Those of the standard streams that were terminals at the start. */
const TERMINALS = [0, STDOUT, STDERR].filter(isTerminal);
const STATUS_TERMINAL = TERMINALS.includes(STDERR);
const OUTPUT_TERMINAL = TERMINALS.includes(STDOUT);
/** Source: ECMA-48, carriage return and EL: erase to the end of the line. */
const ERASE_LINE = '\r\x1b[K';
const NO_SEQUENCES: TerminalSequences = { before: '', after: '' };
let statusShown = false;
let style: Style = PLAIN;

/** Lets the console have colours where its output is to have them. */
export async function loadStyle(): Promise<void> {
  if (!OUTPUT_TERMINAL || (process.env.NO_COLOR ?? '') !== '') return;
  const { Chalk, supportsColor } = await import('chalk');
  style = new Chalk({ level: supportsColor ? supportsColor.level : 0 });
}

/** The console of this process. Snapshots are small: they are written at once. */
export const processConsole: Console = {
  print(text, { before, after } = NO_SEQUENCES) {
    const printable = style === PLAIN ? printableText(text) : printableColouredText(text);
    writeAll(`${before}${printable}${after}\n`);
  },
  printJson(value) {
    writeAll(`${jsonText(value)}\n`);
  },
  note(text) {
    talk(`${text}\n`);
  },
  fault({ message, hint }) {
    talk(`rtap: ${message}\n${hint === undefined ? '' : `hint: ${hint}\n`}`, 'fault');
  },
  status(text) {
    if (STATUS_TERMINAL) {
      talk(text);
      statusShown = text !== '';
    } else if (text !== '') {
      talk(`${text}\n`);
    }
  },
  statusTerminal: STATUS_TERMINAL,
  warn(text) {
    talk(`rtap: warning: ${text}\n`, 'warning');
  },
  get style() {
    return style;
  },
  terminal: OUTPUT_TERMINAL,
  get terminalRows() {
    // A terminal without a size says 0.
    return process.stdout.rows || undefined;
  },
  get terminalColumns() {
    return process.stdout.columns || undefined;
  },
  doneOnce: new Set(),
  exitCode: EXIT_DONE,
  get hungUp() {
    return TERMINALS.some((fd) => !isTerminal(fd));
  },
  get input() {
    return process.stdin;
  },
  onStop(stop) {
    return onSignals(STOP_SIGNALS, stop);
  },
  onReport(report) {
    return onSignals(['SIGUSR1'], report);
  },
  onContinue(report) {
    const stop = new StopDetection();
    return onSignals(['SIGCONT'], () => {
      if (stop.happened()) report();
    });
  },
  onFlush(flush) {
    return onSignals(['SIGUSR2'], flush);
  },
};

function onSignals(
  signals: readonly NodeJS.Signals[],
  listener: (signal: NodeJS.Signals) => void,
): () => void {
  for (const signal of signals) process.on(signal, listener);
  return () => {
    for (const signal of signals) process.off(signal, listener);
  };
}

/** Writes everything to standard output, also where it is in non-blocking mode. */
function writeAll(text: string): void {
  const bytes = Buffer.from(text);
  for (let at = 0; at < bytes.length; ) {
    try {
      at += writeSync(STDOUT, bytes, at);
    } catch (error) {
      if (!(error instanceof Error) || !('code' in error)) throw error;
      if (error.code === 'EPIPE') throw new ClosedPipe('the reader of the output has left', { cause: error });
      if (error.code !== 'EAGAIN') throw Object.assign(error, { path: 'standard output' });
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1);
    }
  }
}

/** Other talk begins where a status stood. Standard error may be closed; that is no reason to fail. */
function talk(text: string, priority: Priority = 'note'): void {
  try {
    const printable = leadsToJournal(STDERR)
      ? withPriority(printableText(text), priority)
      : printableText(text);
    writeTalk(statusShown ? `${ERASE_LINE}${printable}` : printable);
  } catch {
    // It has no reader.
  }
  statusShown = false;
}
