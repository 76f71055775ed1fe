import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { isBuiltin } from 'node:module';
import { posix } from 'node:path';
import test from 'ava';

const SOURCES = new URL('../src/', import.meta.url);
const MANUAL = new URL('../man/', import.meta.url);
const LINES_MAX = 300;

/** Where a folder's imports may point: its own files, and those of these folders (design.md, "The house"). */
const DIRECTIONS: Readonly<Record<string, readonly string[]>> = {
  cli: ['measure', 'tap', 'netlink', 'packet'],
  measure: ['tap', 'uring', 'netlink', 'packet', 'sys'],
  tap: ['uring', 'netlink', 'packet', 'sys'],
  netlink: ['sys'],
  uring: ['sys'],
  packet: [],
  sys: [],
};

/** Folders that never ask the operating system themselves. */
const WITHOUT_NODE = ['packet', 'netlink', 'uring'];

/** Packages from npm, and the folder that each belongs to. */
const PACKAGES: Readonly<Record<string, string>> = {
  koffi: 'sys',
  chalk: 'cli',
  'cli-table3': 'cli',
  commander: 'cli',
};

/** Files of the command line that ask the machine, not a device, and so call `sys/` themselves. */
const CLI_TO_SYS: readonly RegExp[] = [
  /^cli\/doctor\b/,
  /^cli\/process\/private-namespace\.ts$/,
  /^cli\/device\/background\.ts$/,
  /^cli\/process\/version\.ts$/,
  /^cli\/output\/output-writer\.ts$/,
  /^cli\/arguments\/device-arguments\.ts$/,
  /^cli\/device\/device-text\.ts$/,
  /^cli\/tx-inject\/templates\/template-stamp\.ts$/,
  /^cli\/rx-dump\/run\/dump-plan\.ts$/,
  /^cli\/rx-dump\/files\/time-format\.ts$/,
];

interface Import {
  /** The importing file, from src/. */
  readonly from: string;
  /** What the source says. */
  readonly specifier: string;
  /** The imported file, from src/; undefined for a package. */
  readonly to?: string;
}

const SPECIFIERS = [
  // import … from 'x', import type … from 'x', export … from 'x'
  /^(?:import|export)\s[^'";]*?\bfrom\s*['"]([^'"]+)['"]/gm,
  // import 'x'
  /^import\s*['"]([^'"]+)['"]/gm,
  // import('x') and require('x'), typeof import('x') too
  /\b(?:import|require)\s*\(\s*['"]([^'"]+)['"]/g,
];

function listFiles(): string[] {
  return readdirSync(SOURCES, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts'))
    .sort();
}

function read(file: string): string {
  return readFileSync(new URL(file, SOURCES), 'utf8');
}

function specifiersOf(text: string): string[] {
  return SPECIFIERS.flatMap((pattern) => Array.from(text.matchAll(pattern), ([, specifier]) => specifier!));
}

function importsOf(file: string): Import[] {
  return specifiersOf(read(file)).map((specifier) => {
    if (!specifier.startsWith('.')) return { from: file, specifier };
    const to = posix.join(posix.dirname(file), specifier).replace(/\.js$/, '.ts');
    return { from: file, specifier, to };
  });
}

/** `sys` for `sys/tun.ts`, the file itself for one that lies in src/. */
function folderOf(file: string): string {
  return file.split('/')[0]!;
}

const FILES = listFiles();
const IMPORTS = FILES.flatMap(importsOf);

/** The imports that `isWrong`, as lines to read. */
function describeWrong(isWrong: (found: Import) => boolean): string[] {
  return IMPORTS.filter(isWrong).map(({ from, specifier }) => `${from} imports ${specifier}`);
}

function isUpwards({ from, to }: Import): boolean {
  const directions = DIRECTIONS[folderOf(from)];
  if (to === undefined || to === 'errors.ts' || directions === undefined) return false;
  const folder = folderOf(to);
  if (folder === 'sys' && CLI_TO_SYS.some((exception) => exception.test(from))) return false;
  return folder !== folderOf(from) && !directions.includes(folder);
}

test('specifiersOf finds every form of import', (t) => {
  const text = [
    "import a, { type b } from 'one';",
    "import type { c } from './two.js';",
    'import {',
    '  d,',
    "} from '../three.js';",
    "import 'four';",
    "export { e } from 'five';",
    "export * from 'six';",
    "const f = await import('seven');",
    "type G = typeof import('eight');",
    "  const { h } = await import(\n    'nine'\n  );",
    "const notOne = 'import x';",
  ].join('\n');
  const found = ['one', './two.js', '../three.js', 'five', 'six', 'four', 'seven', 'eight', 'nine'];
  t.deepEqual(specifiersOf(text), found);
});

test('src/ lies in the folders that the design names', (t) => {
  t.deepEqual(
    [...new Set(FILES.map(folderOf))].sort(),
    [...Object.keys(DIRECTIONS), 'errors.ts', 'index.ts'].sort(),
  );
});

test('imports end in .js and lead to a file', (t) => {
  t.deepEqual(
    describeWrong(
      ({ specifier, to }) => to !== undefined && !(specifier.endsWith('.js') && FILES.includes(to)),
    ),
    [],
  );
});

test('imports point downwards only', (t) => {
  t.deepEqual(describeWrong(isUpwards), []);
});

test('files of cli/ are excepted from the directions only when they import sys/', (t) => {
  const users = IMPORTS.filter(({ to }) => to !== undefined && folderOf(to) === 'sys').map(
    ({ from }) => from,
  );
  const idle = CLI_TO_SYS.filter((exception) => !users.some((file) => exception.test(file)));
  t.deepEqual(idle.map(String), []);
});

test('errors.ts imports nothing', (t) => {
  t.deepEqual(importsOf('errors.ts'), []);
});

test('cli/ is imported by nothing else, src/index.ts included', (t) => {
  t.deepEqual(
    describeWrong(({ from, to }) => to !== undefined && folderOf(to) === 'cli' && folderOf(from) !== 'cli'),
    [],
  );
});

test('packages are imported in the folder that each belongs to', (t) => {
  t.deepEqual(
    describeWrong(({ from, specifier, to }) => {
      return to === undefined && !isBuiltin(specifier) && PACKAGES[specifier] !== folderOf(from);
    }),
    [],
  );
});

test('folders of pure bytes and messages import nothing of Node', (t) => {
  t.deepEqual(
    describeWrong(({ from, specifier }) => isBuiltin(specifier) && WITHOUT_NODE.includes(folderOf(from))),
    [],
  );
});

test("Node's own modules are imported under node:", (t) => {
  t.deepEqual(
    describeWrong(({ specifier }) => isBuiltin(specifier) && !specifier.startsWith('node:')),
    [],
  );
});

test(`files of src/ have at most ${LINES_MAX} lines`, (t) => {
  const long = FILES.filter((file) => read(file).trimEnd().split('\n').length > LINES_MAX);
  t.deepEqual(long, []);
});

test('every command has a man page', (t) => {
  const commands = FILES.filter((file) => posix.dirname(file) === 'cli/commands').map((file) =>
    posix.basename(file, '.ts'),
  );
  t.true(commands.length > 10);
  const bare = commands.filter((command) => !existsSync(new URL(`rtap-${command}.8`, MANUAL)));
  t.deepEqual(bare, []);
});
