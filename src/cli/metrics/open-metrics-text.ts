import { printableText } from '../output/escapes.js';

/** The types of metrics that rtap has. */
export type MetricType = 'counter' | 'gauge' | 'histogram';

/** Builds OpenMetrics text. Source: OpenMetrics 1.0.0, "Text format". */
export class MetricsText {
  readonly #lines: string[] = [];

  /** Begins a family. Its samples follow. If it has a `unit`, its `name` must end in that. */
  beginFamily(name: string, type: MetricType, help: string, unit?: string): void {
    this.#lines.push(`# TYPE ${name} ${type}`);
    if (unit !== undefined) this.#lines.push(`# UNIT ${name} ${unit}`);
    this.#lines.push(`# HELP ${name} ${escapeText(help)}`);
  }

  /** Adds a sample with its labels in the given order. */
  sample(name: string, labels: Readonly<Record<string, string>>, value: number): void {
    const pairs = Object.entries(labels).map(([label, text]) => `${label}="${escapeText(text)}"`);
    this.#lines.push(`${name}${pairs.length === 0 ? '' : `{${pairs.join(',')}}`} ${value}`);
  }

  /** Returns the text with the end mark of the format. */
  finish(): string {
    return `${this.#lines.join('\n')}\n# EOF\n`;
  }
}

/**
 * Escapes a label or a help text: the name of a device may hold quotation marks, backslashes and control characters. The
 * format has no escape for the latter: they become the same text as on a terminal.
 */
function escapeText(text: string): string {
  return printableText(text).replace(/\\/g, '\\\\').replace(/"/g, '\\"').replace(/\n/g, '\\n');
}
