import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { isBuiltin } from 'node:module';
import { posix } from 'node:path';
import test from 'ava';

const SOURCES = new URL('../src/', import.meta.url);
const MANUAL = new URL('../man/', import.meta.url);
const LINES_MAX = 400;

/** Where the imports of a room of src/ may point, besides the room itself and errors.ts. */
const DIRECTIONS: Readonly<Record<string, readonly string[]>> = {
  cli: ['measure', 'tap', 'netlink', 'packet'],
  measure: ['tap', 'uring', 'netlink', 'packet', 'sys'],
  tap: ['uring', 'netlink', 'packet', 'sys'],
  netlink: ['sys'],
  uring: ['sys'],
  packet: [],
  sys: [],
};

/** What every folder of a command may import of cli/. */
const CLI_BASE: readonly string[] = ['output', 'errors', 'process', 'arguments'];

/** The folders of the rooms that have some, and which of its neighbours each may import. '' is the room's own files. */
const FOLDERS: Readonly<Record<string, Readonly<Record<string, readonly string[]>>>> = {
  packet: {
    bytes: [],
    headers: ['bytes'],
    offload: ['bytes', 'headers'],
    capture: ['bytes', 'headers'],
    generate: ['bytes', 'headers', 'offload'],
    'summary/ip': ['bytes', 'headers'],
    summary: ['bytes', 'headers', 'summary/ip'],
  },
  tap: {
    state: [],
    link: ['state'],
    counters: ['state', 'link'],
    memory: ['state'],
    lease: ['state', 'link', 'counters'],
    queue: ['state', 'link', 'counters', 'memory', 'lease'],
    steer: ['state', 'link', 'lease'],
    device: ['state', 'link', 'counters', 'lease', 'steer'],
    hold: ['state', 'link', 'lease', 'steer', 'device'],
    forward: ['state', 'link', 'counters', 'memory', 'queue'],
    watch: ['state', 'link', 'memory', 'lease'],
    sending: ['memory', 'queue'],
  },
  measure: {
    engines: [],
    threads: ['engines'],
    '': ['engines', 'threads'],
  },
  cli: {
    output: [],
    errors: ['output'],
    process: ['output', 'errors'],
    arguments: ['output', 'errors', 'process'],
    input: ['output', 'process'],
    device: CLI_BASE,
    cni: CLI_BASE,
    completion: CLI_BASE,
    doctor: CLI_BASE,
    metrics: CLI_BASE,
    monitor: [...CLI_BASE, 'device'],
    stats: [...CLI_BASE, 'device'],
    batch: [...CLI_BASE, 'input'],
    bench: [...CLI_BASE, 'stats'],
    fwd: [...CLI_BASE, 'device', 'stats'],
    top: [...CLI_BASE, 'stats'],
    'rx-dump/sinks': CLI_BASE,
    'rx-dump/files': [...CLI_BASE, 'rx-dump/sinks'],
    'rx-dump/recorder': [...CLI_BASE, 'rx-dump/sinks', 'rx-dump/files'],
    'rx-dump/verify': [...CLI_BASE, 'rx-dump/sinks'],
    'rx-dump/run': [
      ...CLI_BASE,
      ...['input', 'device', 'rx-dump/sinks', 'rx-dump/files', 'rx-dump/recorder', 'rx-dump/verify'],
    ],
    sniff: [...CLI_BASE, 'device', 'rx-dump/run', 'rx-dump/recorder', 'rx-dump/sinks'],
    extcap: [...CLI_BASE, 'rx-dump/run', 'sniff'],
    'tx-inject/templates': CLI_BASE,
    'tx-inject/sources': [...CLI_BASE, 'input', 'tx-inject/templates'],
    'tx-inject/sending': [...CLI_BASE, 'input', 'tx-inject/sources'],
    'tx-inject': [
      ...CLI_BASE,
      ...['input', 'device', 'tx-inject/templates', 'tx-inject/sources', 'tx-inject/sending'],
    ],
    commands: [
      ...CLI_BASE,
      ...['device', 'batch', 'cni', 'completion', 'doctor', 'metrics', 'monitor', 'stats', 'bench', 'fwd'],
      ...['top', 'rx-dump/run', 'sniff', 'extcap', 'tx-inject', 'tx-inject/templates'],
    ],
    entry: [...CLI_BASE, 'commands'],
    '': ['entry', 'process'],
  },
};

/** Fewest and most files of a folder. */
const FOLDER_FILES_MIN = 5;
const FOLDER_FILES_MAX = 20;
/** Folders with one file a command, or one a kind of system call; and tops that hold little beside folders. */
const UNCOUNTED_FOLDERS: readonly string[] = ['.', 'cli', 'cli/commands', 'sys'];

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
  /^cli\/metrics\/metrics-server\.ts$/,
  /^cli\/process\/private-namespace\.ts$/,
  /^cli\/process\/background\.ts$/,
  /^cli\/process\/child-process\.ts$/,
  /^cli\/process\/parent-process\.ts$/,
  /^cli\/process\/version\.ts$/,
  /^cli\/output\/(?:output|piece)-writer\.ts$/,
  /^cli\/arguments\/device-arguments\.ts$/,
  /^cli\/device\/device-text\.ts$/,
  /^cli\/device\/lend-run\.ts$/,
  /^cli\/tx-inject\/templates\/template-stamp\.ts$/,
  /^cli\/rx-dump\/run\/dump-plan\.ts$/,
  /^cli\/extcap\/filter-check\.ts$/,
  /^cli\/process\/command-lookup\.ts$/,
  /^cli\/rx-dump\/files\/compressor\.ts$/,
  /^cli\/rx-dump\/files\/time-format\.ts$/,
];

/** Files of the command line that use a ring for something else than a device. */
const CLI_TO_URING: readonly RegExp[] = [/^cli\/output\/piece-writer\.ts$/];

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
function roomOf(file: string): string {
  return file.split('/')[0]!;
}

/** `rx-dump/run` for `cli/rx-dump/run/ending.ts`, '' for `cli/main.ts`. */
function folderInRoom(file: string): string {
  return posix.dirname(file).split('/').slice(1).join('/');
}

/** Import for import, a way through `edges` that ends where it began; undefined where there is none. */
function findCircle(edges: ReadonlyMap<string, ReadonlySet<string>>): string[] | undefined {
  const done = new Set<string>();
  const visit = (node: string, path: readonly string[]): string[] | undefined => {
    if (path.includes(node)) return [...path.slice(path.indexOf(node)), node];
    if (done.has(node)) return undefined;
    for (const next of edges.get(node) ?? []) {
      const circle = visit(next, [...path, node]);
      if (circle !== undefined) return circle;
    }
    done.add(node);
    return undefined;
  };
  for (const node of edges.keys()) {
    const circle = visit(node, []);
    if (circle !== undefined) return circle;
  }
  return undefined;
}

/** Which file imports which. `nameOf` names a file. */
function edgesBy(nameOf: (file: string) => string): Map<string, Set<string>> {
  const edges = new Map<string, Set<string>>();
  for (const { from, to } of IMPORTS) {
    if (to === undefined || nameOf(from) === nameOf(to)) continue;
    const targets = edges.get(nameOf(from)) ?? new Set();
    edges.set(nameOf(from), targets.add(nameOf(to)));
  }
  return edges;
}

const FILES = listFiles();
const IMPORTS = FILES.flatMap(importsOf);

/** The imports that `isWrong`, as lines to read. */
function describeWrong(isWrong: (found: Import) => boolean): string[] {
  return IMPORTS.filter(isWrong).map(({ from, specifier }) => `${from} imports ${specifier}`);
}

function isUpwards({ from, to }: Import): boolean {
  const directions = DIRECTIONS[roomOf(from)];
  if (to === undefined || to === 'errors.ts' || directions === undefined) return false;
  const room = roomOf(to);
  if (room === 'sys' && CLI_TO_SYS.some((exception) => exception.test(from))) return false;
  if (room === 'uring' && CLI_TO_URING.some((exception) => exception.test(from))) return false;
  return room !== roomOf(from) && !directions.includes(room);
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

test('src/ has the rooms that are listed, and no other', (t) => {
  t.deepEqual(
    [...new Set(FILES.map(roomOf))].sort(),
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

test('the folders of a room import only the neighbours that are listed for them', (t) => {
  const wrong = describeWrong(({ from, to }) => {
    if (to === undefined || roomOf(from) !== roomOf(to)) return false;
    const folder = folderInRoom(from);
    const neighbour = folderInRoom(to);
    return folder !== neighbour && FOLDERS[roomOf(from)]?.[folder]?.includes(neighbour) !== true;
  });
  t.deepEqual(wrong, []);
});

test('the list of folders names no folder that is gone', (t) => {
  const present = new Set(FILES.map((file) => posix.dirname(file)));
  const listed = Object.entries(FOLDERS).flatMap(([room, folders]) =>
    Object.keys(folders).map((folder) => (folder === '' ? room : `${room}/${folder}`)),
  );
  t.deepEqual(
    listed.filter((folder) => !present.has(folder)),
    [],
  );
});

test('findCircle finds a circle, and none where there is none', (t) => {
  const edges = (...pairs: [string, string][]) =>
    pairs.reduce(
      (map, [from, to]) => map.set(from, (map.get(from) ?? new Set()).add(to)),
      new Map<string, Set<string>>(),
    );
  t.deepEqual(findCircle(edges(['a', 'b'], ['b', 'c'], ['c', 'b'])), ['b', 'c', 'b']);
  t.is(findCircle(edges(['a', 'b'], ['a', 'c'], ['b', 'd'], ['c', 'd'])), undefined);
});

test('no file imports itself by way of others, types included', (t) => {
  t.is(findCircle(edgesBy((file) => file)), undefined);
});

test('no folder imports itself by way of others', (t) => {
  const folder = (file: string) => (posix.dirname(file) === '.' ? file : posix.dirname(file));
  t.is(findCircle(edgesBy(folder)), undefined);
});

test(`a folder has ${FOLDER_FILES_MIN} to ${FOLDER_FILES_MAX} files`, (t) => {
  const counts = new Map<string, number>();
  for (const file of FILES) counts.set(posix.dirname(file), (counts.get(posix.dirname(file)) ?? 0) + 1);
  const wrong = [...counts].filter(
    ([folder, count]) =>
      !UNCOUNTED_FOLDERS.includes(folder) && (count < FOLDER_FILES_MIN || count > FOLDER_FILES_MAX),
  );
  t.deepEqual(wrong, []);
});

test('files of cli/ are excepted from the directions only when they import sys/', (t) => {
  const users = IMPORTS.filter(({ to }) => to !== undefined && roomOf(to) === 'sys').map(({ from }) => from);
  const idle = CLI_TO_SYS.filter((exception) => !users.some((file) => exception.test(file)));
  t.deepEqual(idle.map(String), []);
});

test('errors.ts imports nothing', (t) => {
  t.deepEqual(importsOf('errors.ts'), []);
});

test('cli/ is imported by nothing else, src/index.ts included', (t) => {
  t.deepEqual(
    describeWrong(({ from, to }) => to !== undefined && roomOf(to) === 'cli' && roomOf(from) !== 'cli'),
    [],
  );
});

test('packages are imported in the folder that each belongs to', (t) => {
  t.deepEqual(
    describeWrong(({ from, specifier, to }) => {
      return to === undefined && !isBuiltin(specifier) && PACKAGES[specifier] !== roomOf(from);
    }),
    [],
  );
});

test('folders of pure bytes and messages import nothing of Node', (t) => {
  t.deepEqual(
    describeWrong(({ from, specifier }) => isBuiltin(specifier) && WITHOUT_NODE.includes(roomOf(from))),
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
