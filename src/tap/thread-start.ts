import { Worker } from 'node:worker_threads';

/** Whether this runs from the sources of a checkout, which Node reads with the help of tsx. */
const FROM_SOURCES = import.meta.url.endsWith('.ts');

/** Starts a thread with the module `entry` beside this file, named without its ending, and `data` as its `workerData`. */
export function startThread(entry: string, data: unknown): Worker {
  if (!FROM_SOURCES) return new Worker(new URL(`${entry}.js`, import.meta.url), { workerData: data });
  // What reads the sources is registered in each thread, before the first of them is loaded.
  const reader = JSON.stringify(import.meta.resolve('tsx/esm/api'));
  const source = JSON.stringify(new URL(`${entry}.ts`, import.meta.url).href);
  const code = `import(${reader}).then(({ register }) => { register(); return import(${source}); })`;
  return new Worker(code, { eval: true, workerData: data });
}
