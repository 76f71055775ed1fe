import type { Style } from '../output/style.js';

/** What one check of the doctor found. */
export interface Finding {
  /** What was looked at. */
  readonly check: string;
  /** `ok`; `poor`: rtap runs, with less; `missing`: rtap cannot run here. */
  readonly state: 'ok' | 'poor' | 'missing';
  /** What was seen. */
  readonly detail: string;
  /** What to do about it; undefined where nothing is to be done. */
  readonly remedy?: string;
}

const CHECK_WIDTH = 26;
const INDENT = ' '.repeat(9);

/** A line a finding, and one more for its remedy. */
export function describeFindings(findings: readonly Finding[], style: Style): string {
  return findings.flatMap((finding) => lines(finding, style)).join('\n');
}

function lines({ check, state, detail, remedy }: Finding, style: Style): string[] {
  const line = `${mark(state, style)} ${check.padEnd(CHECK_WIDTH)} ${detail}`;
  return remedy === undefined ? [line] : [line, `${INDENT}${style.bold('remedy:')} ${remedy}`];
}

function mark(state: Finding['state'], style: Style): string {
  switch (state) {
    case 'ok':
      return style.green('ok      ');
    case 'poor':
      return style.yellow('poor    ');
    case 'missing':
      return style.red('missing ');
  }
}
