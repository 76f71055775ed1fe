export type MetricType = 'counter' | 'gauge' | 'histogram';

/** Builds OpenMetrics text. Source: OpenMetrics 1.0.0, "Text format". */
export class MetricsText {
  readonly #lines: string[] = [];

  /** Begins a family; its samples follow. The `name` ends in `unit`, where it has one. */
  beginFamily(name: string, type: MetricType, help: string, unit?: string): void {
    this.#lines.push(`# TYPE ${name} ${type}`);
    if (unit !== undefined) this.#lines.push(`# UNIT ${name} ${unit}`);
    this.#lines.push(`# HELP ${name} ${escapeText(help)}`);
  }

  /** One sample; its labels in the order given. */
  sample(name: string, labels: Readonly<Record<string, string>>, value: number): void {
    const pairs = Object.entries(labels).map(([label, text]) => `${label}="${escapeText(text)}"`);
    this.#lines.push(`${name}${pairs.length === 0 ? '' : `{${pairs.join(',')}}`} ${value}`);
  }

  /** All of it, with the mark of the end. */
  finish(): string {
    return `${this.#lines.join('\n')}\n# EOF\n`;
  }
}

/** A device may be called almost anything. */
function escapeText(text: string): string {
  return text.replace(/\\/g, '\\\\').replace(/"/g, '\\"').replace(/\n/g, '\\n');
}
