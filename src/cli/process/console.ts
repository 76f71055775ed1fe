import type { Style } from '../output/style.js';

/** What moves the cursor of a terminal around a text. It is written as it is, while `print` escapes such characters in the text. */
export interface TerminalSequences {
  readonly before: string;
  readonly after: string;
}

/** An error as a user sees it. */
export interface Fault {
  /** `cannot <action> "<object>": <what happened>`. */
  readonly message: string;
  /** What the user can do. */
  readonly hint?: string | undefined;
  /** Name of the errno. */
  readonly code?: string | undefined;
  /** One of ERROR_REASONS. */
  readonly reason?: string | undefined;
}

/** What a command may use of the process around it. */
export interface Console {
  /** Data: a line, or several, to standard output. */
  print(text: string, sequences?: TerminalSequences): void;
  /** A value as one JSON document to standard output. */
  printJson(value: unknown): void;
  /** Talk: a line to standard error. */
  note(text: string): void;
  /**
   * Talk that takes the place of the status before it: on a terminal the last line of standard error, until '' or other talk
   * removes it; elsewhere a line.
   */
  status(text: string): void;
  /** Whether standard error is a terminal. */
  readonly statusTerminal: boolean;
  /** `rtap: …` on standard error, and `hint: …` below. */
  fault(fault: Fault): void;
  /** `rtap: warning: …` on standard error. */
  warn(text: string): void;
  /** Colours of standard output: plain where it is no terminal or NO_COLOR is set. */
  readonly style: Style;
  /** Whether standard output is a terminal. */
  readonly terminal: boolean;
  /** Rows of that terminal now. undefined if the terminal does not report its size. */
  readonly terminalRows?: number | undefined;
  /** Columns of that terminal now. undefined if the terminal does not report its size. */
  readonly terminalColumns?: number | undefined;
  /** Whether a terminal that was there at the start has gone: its window was closed, its line cut. */
  readonly hungUp: boolean;
  /** Standard input. Read it only where it is wanted: it keeps the process alive. */
  readonly input: NodeJS.ReadableStream;
  /** The value of `--netns`. Commands in hints keep it. @default undefined */
  namespace?: string | undefined;
  /** What was done for all commands of this process, and need not be done again. A batch has several. */
  readonly doneOnce: Set<string>;
  /** The exit code of a command that ended without an error. @default 0 */
  exitCode: number;
  /** Calls `stop` at SIGINT, SIGTERM and SIGHUP, and no longer ends by them; undo with the result. */
  onStop(stop: (signal: NodeJS.Signals) => void): () => void;
  /** Calls `report` at SIGUSR1. */
  onReport(report: () => void): () => void;
  /** Calls `report` at a SIGCONT that ends a stop. */
  onContinue(report: () => unknown): () => void;
  /** Calls `flush` at SIGUSR2. */
  onFlush(flush: () => void): () => void;
}
