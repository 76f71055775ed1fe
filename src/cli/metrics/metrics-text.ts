import { printableText } from '../output/escapes.js';

/** The formats that rtap writes: OpenMetrics 1.0.0, and the older text format of Prometheus, 0.0.4. */
export type MetricsFormat = 'openmetrics' | 'prometheus';

/** The types of metrics that rtap has. */
export type MetricType = 'counter' | 'gauge' | 'histogram' | 'info';

/** What the text says of a family besides its samples. */
export interface MetricFamily {
  /** As OpenMetrics has it: without the `_total` or `_info` of its samples. It ends in the unit if there is one. */
  readonly name: string;
  readonly type: MetricType;
  readonly help: string;
  readonly unit?: string | undefined;
}

/** The end of the name of each sample of a type. */
const SUFFIXES: Readonly<Record<MetricType, string>> = {
  counter: '_total',
  gauge: '',
  histogram: '',
  info: '_info',
};

/**
 * Builds the text of metrics. Both formats give the same series. They differ in the lines that describe a family.
 *
 * Source: OpenMetrics 1.0.0, "Text format"; Prometheus, "Exposition formats", "Text-based format".
 */
export class MetricsText {
  readonly #format: MetricsFormat;
  readonly #lines: string[] = [];
  #name = '';

  constructor(format: MetricsFormat) {
    this.#format = format;
  }

  /** Begins a family. Its samples follow. */
  beginFamily({ name, type, help, unit }: MetricFamily): void {
    this.#name = `${name}${SUFFIXES[type]}`;
    if (this.#format === 'prometheus') {
      // The older format describes each name as the samples have it, and knows no type for facts.
      this.#lines.push(`# HELP ${this.#name} ${escapeHelp(help)}`);
      this.#lines.push(`# TYPE ${this.#name} ${type === 'info' ? 'gauge' : type}`);
      return;
    }
    this.#lines.push(`# TYPE ${name} ${type}`);
    if (unit !== undefined) this.#lines.push(`# UNIT ${name} ${unit}`);
    this.#lines.push(`# HELP ${name} ${escapeText(help)}`);
  }

  /** Adds a sample of the family with its labels in the given order. `part` is one of a histogram, such as `_bucket`. */
  sample(labels: Readonly<Record<string, string>>, value: number, part = ''): void {
    const pairs = Object.entries(labels).map(([label, text]) => `${label}="${escapeText(text)}"`);
    this.#lines.push(`${this.#name}${part}${pairs.length === 0 ? '' : `{${pairs.join(',')}}`} ${value}`);
  }

  /** Returns the text with the end mark of its format. */
  finish(): string {
    if (this.#format === 'openmetrics') this.#lines.push('# EOF');
    return `${this.#lines.join('\n')}\n`;
  }
}

/**
 * Escapes a label: the name of a device may hold quotation marks, backslashes and control characters. The formats have no escape
 * for the latter: they become the same text as on a terminal.
 */
function escapeText(text: string): string {
  return escapeHelp(text).replace(/"/g, '\\"');
}

/** In the older format, a quotation mark in a help text stays as it is. */
function escapeHelp(text: string): string {
  return printableText(text).replace(/\\/g, '\\\\').replace(/\n/g, '\\n');
}
