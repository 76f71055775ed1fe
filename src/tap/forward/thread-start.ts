import { extname } from 'node:path';
import { Worker } from 'node:worker_threads';

/** `.ts` in a checkout, whose sources Node reads with the help of tsx; `.js` in the library, `.cjs` in the command line. */
const ENDING = extname(import.meta.url);

/**
 * Starts a thread with the module `entry`, and `data` as its `workerData`. The module lies beside the file with the address
 * `caller`, as `import.meta.url` gives it, and is named without its ending.
 */
export function startThread(entry: string, caller: string, data: unknown): Worker {
  const module = new URL(`./${entry}${ENDING}`, caller);
  if (ENDING !== '.ts') return new Worker(module, { workerData: data });
  // What reads the sources is registered in each thread, before the first of them is loaded.
  const reader = JSON.stringify(import.meta.resolve('tsx/esm/api'));
  const source = JSON.stringify(module.href);
  const code = `import(${reader}).then(({ register }) => { register(); return import(${source}); })`;
  return new Worker(code, { eval: true, workerData: data });
}
