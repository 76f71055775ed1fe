import { jsonText } from '../output/escapes.js';
import { LineOutput } from '../output/line-output.js';
import type { Console } from '../process/console.js';
import { RateHistory } from './rate-history.js';
import { describeRatesInLine, ratesJson } from './rate-report.js';
import type { DeviceRates } from './rate-sample.js';
import { describeHead, describeQueueRates, describeTitle } from './rate-table.js';

/** Size to draw on a terminal that does not report one. */
const ROWS = 24;
const COLUMNS = 80;
/** The title, the head, and the row below the table in which the cursor stands. */
const OTHER_ROWS = 3;

/** Without wrapping, a row wider than the terminal is cut and stays one row. Source: DEC private mode 7 (DECAWM). */
const WRAP_OFF = '\x1b[?7l';
const WRAP_ON = '\x1b[?7h';

/** What prints rates. */
export interface RateOutput extends Disposable {
  /** Prints the rates of one interval. */
  write(rates: DeviceRates): void;
  /** Settles when the reader of the output has closed it. Rejects when writing fails. */
  readonly closed: Promise<'closed'>;
}

/** How rates are printed. */
export interface RateForm {
  readonly json: boolean;
  /** Lines have the rates of each queue, instead of its share. */
  readonly perQueue: boolean;
}

/**
 * Makes an output for rates. On a terminal it redraws one table in its place. Elsewhere it prints one line for each
 * interval, and with `json` one object.
 */
export function makeRateOutput(console: Console, form: RateForm): RateOutput {
  return console.terminal && !form.json ? new RateScreen(console) : new RateLines(form);
}

class RateScreen implements RateOutput {
  readonly closed = new Promise<'closed'>(() => {});
  readonly #console: Console;
  readonly #history = new RateHistory();
  #rows = 0;

  constructor(console: Console) {
    this.#console = console;
  }

  write(rates: DeviceRates): void {
    const { style, terminalRows = ROWS, terminalColumns: columns = COLUMNS } = this.#console;
    this.#history.add(rates);
    const device = { rates, history: this.#history };
    const format = { style, columns };
    const queues = describeQueueRates(device, format, Math.max(terminalRows - OTHER_ROWS, 1));
    const lines = [describeTitle(device, format), describeHead(format), ...queues];
    this.#console.print(lines.join('\n'), { before: eraseRows(this.#rows) + WRAP_OFF, after: WRAP_ON });
    this.#rows = lines.length;
  }

  [Symbol.dispose](): void {}
}

/** Source: ECMA-48, CUU: cursor up, and ED: erase to the end of the screen. */
function eraseRows(count: number): string {
  return count === 0 ? '' : `\x1b[${count}A\x1b[J`;
}

class RateLines implements RateOutput {
  readonly closed: Promise<'closed'>;
  readonly #form: RateForm;
  readonly #output = new LineOutput();

  constructor(form: RateForm) {
    this.#form = form;
    this.closed = this.#output.closed;
  }

  write(rates: DeviceRates): void {
    const time = new Date();
    const text = this.#form.json
      ? jsonText(ratesJson(rates, time))
      : describeRatesInLine(rates, time, this.#form);
    this.#output.write(text);
  }

  [Symbol.dispose](): void {
    this.#output[Symbol.dispose]();
  }
}
