import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** What is checked: folders and files of the repository. */
const PLACES = [
  ...['.ci', 'bench', 'bin', 'build', 'examples', 'man', 'src', 'test'],
  ...['README.md', 'CONTRIBUTING.md', 'CHANGELOG.md'],
];
/** Bytes, pictures, and the output of other programs. */
const SKIPPED = /^test\/packet\/fixtures\/|\.(?:pcap|pcapng|bin|svg|png|gz)$/;
/** The list itself, and the test of it. */
const SELF = /^(?:build|test)\/wording(?:\.test)?\.ts$/;

/**
 * Words that texts of this project do not use. A process is "it", and a sentence names what acts: "rtap prints" instead of
 * "is said".
 */
const WORDS =
  /\b(?:he|his|him|himself|whom|whoever|somebody|someone|nobody|anybody|anyone|(?:is|are|was) (?:said|told)(?! apart)|asks again|finds no room|of no sense|unasked)\b/gi;

/** Text that may have such a word, because it is no word of a sentence. Each is left out of its line. */
const EXEMPT: readonly RegExp[] = [
  // The account with the fewest rights, in code and in command lines.
  /(['"`])nobody\1/g,
  /--owner(?:[ =]| \\?fR)nobody\b/g,
  /\buser nobody\b/gi,
  // A constant with the id of that account.
  /\bNOBODY\b/g,
];

/** A word that the texts of this project do not use. */
export interface Finding {
  /** From the root of the repository. */
  readonly path: string;
  /** Counted from 1. */
  readonly line: number;
  readonly word: string;
}

/** Returns the words of `text` that the texts of this project do not use. `path` is where it comes from. */
export function findWords(path: string, text: string): Finding[] {
  return text.split('\n').flatMap((content, index) => {
    const prose = EXEMPT.reduce((rest, exempt) => rest.replaceAll(exempt, ''), content);
    return Array.from(prose.matchAll(WORDS), ([word]) => ({ path, line: index + 1, word }));
  });
}

/** Returns the findings in all files of the repository at `root`. */
export function checkWording(root: string): Finding[] {
  return PLACES.flatMap((place) => listFiles(root, place))
    .filter((path) => !SKIPPED.test(path) && !SELF.test(path))
    .flatMap((path) => findWords(path, readFileSync(join(root, path), 'utf8')));
}

function listFiles(root: string, place: string): string[] {
  if (place.endsWith('.md')) return [place];
  return readdirSync(join(root, place), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(join(root, '/').length))
    .sort();
}

/** Prints the findings, as `npm run check` does. Exits with 1 if there are any. */
function main(): void {
  const findings = checkWording(fileURLToPath(new URL('..', import.meta.url)));
  for (const { path, line, word } of findings)
    console.error(
      `${path}:${line}: "${word}" is not plain English here: name what acts, and call a program "it"`,
    );
  if (findings.length > 0) process.exitCode = 1;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) main();
