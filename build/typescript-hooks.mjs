// Hooks of Node that compile TypeScript, for build/typescript.mjs.
import { createHash, randomUUID } from 'node:crypto';
import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';

const CACHE = new URL('../node_modules/.cache/rtap/', import.meta.url);

const SETTINGS = {
  loader: 'ts',
  format: 'esm',
  target: 'node20.19',
  sourcemap: 'inline',
  tsconfigRaw: { compilerOptions: { target: 'es2023', verbatimModuleSyntax: true } },
};

/** Hook of Node: sources import each other as `.js`. */
export function resolve(specifier, context, next) {
  const ours = context.parentURL?.endsWith('.ts') && /^\.\.?\/.*\.js$/.test(specifier);
  return next(ours ? specifier.replace(/js$/, 'ts') : specifier, context);
}

/** Hook of Node: JavaScript for `.ts`. Node calls it in a thread of its own. */
export async function load(url, context, next) {
  if (!url.endsWith('.ts')) return next(url, context);
  const file = fileToCompile(url);
  return asModule(file.code ?? (await compile(file)));
}

/** The same in the thread that imports, which waits for it. */
export function loadNow(url, context, next) {
  if (!url.endsWith('.ts')) return next(url, context);
  const file = fileToCompile(url);
  return asModule(file.code ?? compileNow(file));
}

function asModule(source) {
  return { format: 'module', source, shortCircuit: true };
}

/** The text of a file, its place in the cache, and `code` if that has the JavaScript of the same text. */
function fileToCompile(url) {
  const path = fileURLToPath(url);
  const text = readFileSync(path, 'utf8');
  const key = createHash('sha256')
    .update(JSON.stringify([SETTINGS, path, text]))
    .digest('hex');
  const kept = new URL(`${key}.js`, CACHE);
  return { path, text, kept, code: readKept(kept) };
}

function readKept(file) {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return undefined;
  }
}

async function compile({ path, text, kept }) {
  // esbuild asks for the working directory, which may be gone. This thread serves the hooks alone.
  process.cwd = () => '/';
  const { transform } = await import('esbuild');
  const { code } = await transform(text, { ...SETTINGS, sourcefile: path });
  keep(kept, code);
  return code;
}

function compileNow({ path, text, kept }) {
  const { transformSync } = createRequire(import.meta.url)('esbuild');
  const { code } = transformSync(text, { ...SETTINGS, sourcefile: path });
  keep(kept, code);
  return code;
}

/** Writes a file of the cache under a name that no other thread uses and renames it, since other processes read it. A user that may not write there compiles each time. */
function keep(file, code) {
  const unfinished = new URL(`${file.href}.${randomUUID()}`);
  try {
    mkdirSync(CACHE, { recursive: true, mode: 0o755 });
    writeFileSync(unfinished, code);
    renameSync(unfinished, file);
  } catch (error) {
    if (!['EACCES', 'EROFS'].includes(error.code)) throw error;
  }
}
