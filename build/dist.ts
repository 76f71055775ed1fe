import { execFileSync, spawnSync } from 'node:child_process';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type BuildOptions, build, type Plugin } from 'esbuild';
import { COMMANDS } from '../src/cli/entry/command-table.js';
import { describeLinkTypes, describeOptions } from '../src/cli/extcap/sentences.js';

const ROOT = fileURLToPath(new URL('..', import.meta.url));

/** Commands that touch no frame: without the others, what Node has to read and compile for one of them is half as long. */
const CONTROL_COMMANDS: readonly string[] = [
  ...['delete', 'list', 'show', 'stats', 'persist', 'lend', 'release', 'gc', 'cni'],
  // All but its captures.
  'extcap',
  ...['up', 'down', 'mtu', 'txqueuelen', 'mac', 'offload', 'promisc', 'allmulti', 'steer', 'filter'],
];

/** Commander wants it for commands that are programs of their own, of which rtap has none; it takes 6 ms to load. */
const UNUSED = 'node:child_process';
const withoutUnused: Plugin = {
  name: 'without-unused',
  setup({ onResolve, onLoad }) {
    onResolve({ filter: new RegExp(`^${UNUSED}$`) }, ({ importer, path }) =>
      importer.includes('/node_modules/commander/') ? { path, namespace: 'unused' } : undefined,
    );
    onLoad({ filter: /.*/, namespace: 'unused' }, () => ({ contents: 'module.exports = {};' }));
  },
};

/** With this word `rtap extcap` captures, and needs what the control commands lack. */
const CAPTURE = '--capture';

/** Leaves out the files of all commands but the control commands, and captures. */
const controlOnly: Plugin = {
  name: 'control-only',
  setup({ onResolve, onLoad }) {
    onResolve({ filter: /^\.\/capture-run\.js$/ }, ({ path }) => ({ path, namespace: 'other-command' }));
    onResolve({ filter: /^\.\.\/commands\/.*\.js$/ }, ({ path }) => {
      const name = path.slice('../commands/'.length, -'.js'.length);
      return CONTROL_COMMANDS.includes(name) ? undefined : { path, namespace: 'other-command' };
    });
    onLoad({ filter: /.*/, namespace: 'other-command' }, () => ({ contents: 'export {};' }));
  },
};

/** CommonJS: of the other kind, the first module takes Node 20 5 ms more. */
const BUNDLE: BuildOptions = {
  absWorkingDir: ROOT,
  bundle: true,
  platform: 'node',
  target: 'node20.19',
  format: 'cjs',
  external: ['koffi'],
  banner: { js: "const moduleUrl = require('node:url').pathToFileURL(__filename).href;" },
  define: { 'import.meta.url': 'moduleUrl', 'import.meta.resolve': 'undefined' },
  // What is not there need not be read: a third less with short names, for which there are source maps.
  minifyWhitespace: true,
  minifySyntax: true,
  minifyIdentifiers: true,
  sourcemap: 'linked',
  sourcesContent: false,
  logLevel: 'warning',
};

/** The library has a file a module, under the names of src/. */
const MODULES: BuildOptions = {
  absWorkingDir: ROOT,
  platform: 'node',
  target: 'node20.19',
  format: 'esm',
  logLevel: 'warning',
};

/** What bin/rtap loads: it takes what has all commands where a word names one that the other has not. */
function entryText(): string {
  const others = COMMANDS.map(({ name }) => name).filter((name) => !CONTROL_COMMANDS.includes(name));
  return readFileSync(join(ROOT, 'build/entry.cjs'), 'utf8').replace(
    '(OTHER_COMMANDS)',
    `(${JSON.stringify([...others, CAPTURE])})`,
  );
}

/** An emulated machine takes more than a minute. */
const CODE_CACHE_TIMEOUT_MS = 300_000;

/**
 * Lays a code cache beside the bundle `name`, which has the command `words`: it runs meanwhile, and may fail. It looks for holders
 * where there are none: a build runs no other program of this machine.
 */
function makeCodeCache(directory: string, name: string, words: readonly string[]): void {
  const program = join(ROOT, 'build/code-cache.cjs');
  const { error } = spawnSync(process.execPath, [program, directory, ...words], {
    env: { ...process.env, RTAP_RUNTIME_DIR: join(directory, 'nowhere') },
    stdio: 'ignore',
    timeout: CODE_CACHE_TIMEOUT_MS,
  });
  const made = readdirSync(join(directory, 'cli')).some((file) => file.startsWith(`${name}.cjs.v8-`));
  if (!made) throw new Error(`cannot make a code cache of "${name}"`, { cause: error });
}

/**
 * Builds `directory` from the sources: the library with its types, a file a module; and in cli/ what bin/rtap runs.
 */
export async function buildDist(directory: string): Promise<void> {
  buildTypes(directory);
  await buildLibrary(directory);
  await buildCommandLine(directory);
}

/** Checks the library and writes its types. TypeScript has compilers for some machines only, and none for i386. */
function buildTypes(directory: string): void {
  const { optionalDependencies } = JSON.parse(
    readFileSync(join(ROOT, 'node_modules/typescript/package.json'), 'utf8'),
  ) as { optionalDependencies: Record<string, string> };
  const machine = `${process.platform}-${process.arch}`;
  if (!(`@typescript/typescript-${machine}` in optionalDependencies)) {
    console.warn(`build: TypeScript has no compiler for ${machine}, so the library in dist/ has no types`);
    return;
  }
  const compiler = join(ROOT, 'node_modules/.bin/tsc');
  execFileSync(compiler, ['-p', join(ROOT, 'tsconfig.build.json'), '--outDir', directory], {
    stdio: 'inherit',
  });
}

/** Builds the library without types, which needs esbuild alone. */
export async function buildLibrary(directory: string): Promise<void> {
  await build({ ...MODULES, entryPoints: await libraryModules(), outbase: 'src', outdir: directory });
}

/** The files of src/ that the library consists of, from the root of the project. Those that have types alone are not among them. */
async function libraryModules(): Promise<string[]> {
  const { metafile } = await build({
    ...MODULES,
    entryPoints: ['src/index.ts', 'src/tap/forward/forwarding-worker.ts'],
    outdir: 'none',
    bundle: true,
    packages: 'external',
    metafile: true,
    write: false,
  });
  return Object.keys(metafile.inputs);
}

/**
 * Builds what bin/rtap runs in cli/ of `directory`: one file for the command line and one for each kind of thread, each with all
 * that it needs but koffi. Node resolves, reads and compiles one file in a third of the time that the modules in it take.
 */
export async function buildCommandLine(directory: string): Promise<void> {
  const bundle = (entry: string, name: string, plugins: Plugin[]) =>
    build({ ...BUNDLE, entryPoints: [entry], outfile: join(directory, 'cli', `${name}.cjs`), plugins });
  await bundle('src/tap/forward/forwarding-worker.ts', 'forwarding-worker', []);
  await bundle('src/tap/sending/sending-worker.ts', 'sending-worker', []);
  await bundle('src/measure/threads/bench-worker.ts', 'bench-worker', []);
  await bundle('src/cli/main.ts', 'all-commands', [withoutUnused]);
  await bundle('src/cli/main.ts', 'control-commands', [withoutUnused, controlOnly]);
  writeFileSync(join(directory, 'cli/extcap-config.txt'), `${describeOptions()}\n`);
  writeFileSync(join(directory, 'cli/extcap-dlts.txt'), `${describeLinkTypes()}\n`);
  // The last of the programs: what bin/rtap compares with the sources.
  writeFileSync(join(directory, 'cli/main.cjs'), entryText());
  makeCodeCache(directory, 'control-commands', ['list']);
  makeCodeCache(directory, 'all-commands', ['rx-dump', '--help']);
}

const [, program, directory = join(ROOT, 'dist')] = process.argv;
if (program === fileURLToPath(import.meta.url)) await buildDist(directory);
