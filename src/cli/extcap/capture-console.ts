import { EXIT_DONE } from '../errors/exit-code.js';
import type { Console, Fault } from '../process/console.js';

/**
 * The console of a capture for Wireshark. Wireshark reads standard error, and shows at the end of the capture whatever is there as an
 * error. So counts and other talk are not printed, and warnings are kept until it is known whether they matter.
 */
export class CaptureConsole implements Console {
  exitCode = EXIT_DONE;
  /** Warnings of the capture, in their order. */
  readonly warnings: string[] = [];
  readonly #base: Console;

  constructor(base: Console) {
    this.#base = base;
  }

  print(): void {}

  printJson(): void {}

  note(): void {}

  status(): void {}

  fault(fault: Fault): void {
    this.#base.fault(fault);
  }

  warn(text: string): void {
    this.warnings.push(text);
  }

  get namespace() {
    return this.#base.namespace;
  }

  get doneOnce() {
    return this.#base.doneOnce;
  }

  get statusTerminal() {
    return false;
  }

  get style() {
    return this.#base.style;
  }

  get terminal() {
    return this.#base.terminal;
  }

  get hungUp() {
    return this.#base.hungUp;
  }

  get input() {
    return this.#base.input;
  }

  onStop(stop: (signal: NodeJS.Signals) => void) {
    return this.#base.onStop(stop);
  }

  onReport(report: () => void) {
    return this.#base.onReport(report);
  }

  onContinue(report: () => unknown) {
    return this.#base.onContinue(report);
  }

  onFlush(flush: () => void) {
    return this.#base.onFlush(flush);
  }
}
