import { extname } from 'node:path';
import { Worker } from 'node:worker_threads';
import { systemError } from './errno.js';

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
  if (ENDING === '.cjs') return new Worker(module, { workerData: data });
  const loading = `import(${JSON.stringify(module.href)})`;
  // Code and not the file: a program that was started by `node --input-type=module --eval` may run no file in a thread.
  if (ENDING === '.js') return new Worker(loading, { eval: true, workerData: data });
  // Each thread loads the compiler before it loads the first source file.
  const compiler = JSON.stringify(new URL('../../build/typescript.mjs', import.meta.url).href);
  return new Worker(`import(${compiler}).then(() => ${loading})`, { eval: true, workerData: data });
}
