import { EXIT_DONE } from '../errors/exit-code.js';
import type { Console, Fault, TerminalSequences } from './console.js';

/**
 * A console that prints in its own way, and has an exit code and a network namespace of its own. Everything else is that of the console
 * below it.
 */
export abstract class ForwardingConsole implements Console {
  exitCode = EXIT_DONE;
  namespace: string | undefined;
  protected readonly base: Console;

  constructor(base: Console) {
    this.base = base;
    this.namespace = base.namespace;
  }

  abstract print(text: string, sequences?: TerminalSequences): void;
  abstract printJson(value: unknown): void;
  abstract note(text: string): void;
  abstract status(text: string): void;
  abstract fault(fault: Fault): void;
  abstract warn(text: string): void;

  get doneOnce() {
    return this.base.doneOnce;
  }

  get statusTerminal() {
    return this.base.statusTerminal;
  }

  get style() {
    return this.base.style;
  }

  get terminal() {
    return this.base.terminal;
  }

  get terminalRows() {
    return this.base.terminalRows;
  }

  get terminalColumns() {
    return this.base.terminalColumns;
  }

  get hungUp() {
    return this.base.hungUp;
  }

  get input() {
    return this.base.input;
  }

  onStop(stop: (signal: NodeJS.Signals) => void) {
    return this.base.onStop(stop);
  }

  onReport(report: () => void) {
    return this.base.onReport(report);
  }

  onContinue(report: () => unknown) {
    return this.base.onContinue(report);
  }

  onFlush(flush: () => void) {
    return this.base.onFlush(flush);
  }
}
