import type { Style } from '../output/style.js';

/** The result of one check. */
export interface Finding {
  /** What was checked. */
  readonly check: string;
  /** `ok`; `poor`: rtap runs, but cannot do everything; `missing`: rtap cannot run here. */
  readonly state: 'ok' | 'poor' | 'missing';
  /** What the check found. */
  readonly detail: string;
  /** What the user can do about it; undefined if there is nothing to do. */
  readonly remedy?: string;
}

const CHECK_WIDTH = 26;
const INDENT = ' '.repeat(9);

/** One line for each finding, and one for its remedy. */
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
