import { ArgumentTypeError } from '../../errors.js';
import type { Console, Fault, TerminalSequences } from '../process/console.js';
import { ForwardingConsole } from '../process/forwarding-console.js';
import { ClosedPipe } from '../process/process-console.js';

/** How a line of a batch prints. */
export interface LineConsoleOptions {
  /** Keep the output of the command, and what went wrong, instead of printing the former. */
  readonly json: boolean;
  /** Print nothing at all: the command is only read. */
  readonly silent?: boolean;
  /** Whether the batch reads its commands from standard input. */
  readonly inputTaken: boolean;
}

/** The console of one line of a batch: its exit code and its network namespace end with the line, and its errors name the line. */
export class LineConsole extends ForwardingConsole {
  readonly #line: number;
  readonly #options: LineConsoleOptions;
  readonly #texts: string[] = [];
  readonly #values: unknown[] = [];
  readonly #faults: Fault[] = [];
  #closed = false;

  constructor(base: Console, line: number, options: LineConsoleOptions) {
    super(base);
    this.#line = line;
    this.#options = options;
  }

  /** What went wrong. */
  get faults(): readonly Fault[] {
    return this.#faults;
  }

  /** Whether the reader of standard output has left. */
  get closed(): boolean {
    return this.#closed;
  }

  /** With `json`: what the command printed. Its JSON, an array for several documents, or text; null for nothing. */
  get output(): unknown {
    if (this.#values.length > 0) return this.#values.length === 1 ? this.#values[0] : this.#values;
    return this.#texts.length === 0 ? null : this.#texts.join('\n');
  }

  print(text: string, sequences?: TerminalSequences): void {
    if (this.#options.json) this.#texts.push(text);
    else this.#write(() => this.base.print(text, sequences));
  }

  printJson(value: unknown): void {
    if (this.#options.json) this.#values.push(value);
    else this.#write(() => this.base.printJson(value));
  }

  note(text: string): void {
    if (this.#options.silent !== true) this.base.note(text);
  }

  status(text: string): void {
    if (this.#options.silent !== true) this.base.status(text);
  }

  fault(fault: Fault): void {
    this.#faults.push(fault);
    if (this.#options.silent !== true) this.base.fault(this.#placed(fault));
  }

  warn(text: string): void {
    if (this.#options.silent !== true) this.base.warn(`line ${this.#line}: ${text}`);
  }

  /** Prints the faults of a command that was only read. */
  reportFaults(): void {
    for (const fault of this.#faults) this.base.fault(this.#placed(fault));
  }

  override get input() {
    if (this.#options.inputTaken)
      throw new ArgumentTypeError('cannot read standard input: the batch reads its commands from there');
    return super.input;
  }

  #placed({ message, ...others }: Fault): Fault {
    return { message: `line ${this.#line}: ${message}`, ...others };
  }

  #write(print: () => void): void {
    if (this.#options.silent === true) return;
    try {
      print();
    } catch (error) {
      if (error instanceof ClosedPipe) this.#closed = true;
      throw error;
    }
  }
}
