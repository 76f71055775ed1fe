import { extname } from 'node:path';
import { Worker } from 'node:worker_threads';
import { systemError } from '../../sys/errno.js';

/**
 * `.ts` in a checkout, where build/typescript.mjs compiles the sources; `.js` in the library, `.cjs` in the command line.
 */
const ENDING = extname(import.meta.url);

/**
 * Starts a thread with the module `entry`, and `data` as its `workerData`. `entry` is the name without ending of a
 * module beside the file with the address `caller` (its `import.meta.url`). Throws a SystemError with EAGAIN if the kernel
 * starts no more threads.
 */
export function startThread(entry: string, caller: string, data: unknown): Worker {
  try {
    return makeWorker(entry, caller, data);
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'ERR_WORKER_INIT_FAILED')) throw error;
    throw systemError({
      action: 'start',
      object: 'thread',
      code: 'EAGAIN',
      syscall: 'pthread_create',
      detail: 'the kernel starts no more threads for this process',
      reason: 'processes-exhausted',
      cause: error,
    });
  }
}

function makeWorker(entry: string, caller: string, data: unknown): Worker {
  const module = new URL(`./${entry}${ENDING}`, caller);
  if (ENDING !== '.ts') return new Worker(module, { workerData: data });
  // Each thread loads the compiler before it loads the first source file.
  const compiler = JSON.stringify(new URL('../../../build/typescript.mjs', import.meta.url).href);
  const source = JSON.stringify(module.href);
  const code = `import(${compiler}).then(() => import(${source}))`;
  return new Worker(code, { eval: true, workerData: data });
}
