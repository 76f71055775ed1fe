import { readdirSync, readFileSync } from 'node:fs';

/** `const NAME = number;` in a source file, exported or not. */
export interface SourceConstant {
  /** From the root of the project. */
  readonly file: string;
  readonly name: string;
  readonly value: number;
  /** Whether a `// Source:` comment stands above it: then the number comes from outside of the project. */
  readonly sourced: boolean;
}

const ROOT = new URL('../../', import.meta.url);
const SOURCE = /^\/\/ Source: /;
const CONSTANT = /^(?:export )?const ([A-Z][A-Z0-9_]*) = (0x[0-9a-f]+|0o[0-7]+|\d[\d_]*);/;

/** Those of one file. A `// Source:` comment reaches as far as the next empty line. */
export function readConstants(file: string): SourceConstant[] {
  const constants: SourceConstant[] = [];
  let sourced = false;
  for (const line of readFileSync(new URL(file, ROOT), 'utf8').split('\n')) {
    if (line === '') sourced = false;
    if (SOURCE.test(line)) sourced = true;
    const [, name, literal] = CONSTANT.exec(line) ?? [];
    if (name === undefined) continue;
    constants.push({ file, name, value: Number(literal!.replaceAll('_', '')), sourced });
  }
  return constants;
}

/** The TypeScript files of a folder, from the root of the project. */
export function listSources(folder: string): string[] {
  return readdirSync(new URL(folder, ROOT), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts'))
    .map((name) => `${folder}/${name}`)
    .sort();
}
