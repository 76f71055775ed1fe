import { extname } from 'node:path';
import { Worker } from 'node:worker_threads';

/**
 * `.ts` in a checkout, where Node reads the sources through tsx; `.js` in the library, `.cjs` in the command line.
 */
const ENDING = extname(import.meta.url);

/**
 * Starts a thread with the module `entry`, and `data` as its `workerData`. `entry` is the name without ending of a
 * module beside the file with the address `caller` (its `import.meta.url`).
 */
export function startThread(entry: string, caller: string, data: unknown): Worker {
  const module = new URL(`./${entry}${ENDING}`, caller);
  if (ENDING !== '.ts') return new Worker(module, { workerData: data });
  // Each thread registers tsx before it loads the first source file.
  const reader = JSON.stringify(import.meta.resolve('tsx/esm/api'));
  const source = JSON.stringify(module.href);
  const code = `import(${reader}).then(({ register }) => { register(); return import(${source}); })`;
  return new Worker(code, { eval: true, workerData: data });
}
