import { spawnSync } from 'node:child_process';
import { PROCESS_LIMITS } from '../errors/hint.js';
import type { Finding } from './finding.js';

const THREADS = 4;
/** A process with as many threads as `rtap fwd --threads 4` has. */
const SCRIPT = `
  const { Worker } = require('node:worker_threads');
  for (let count = 0; count < ${THREADS}; count++) new Worker('', { eval: true });`;
/** How long it may take: on a busy machine some seconds. Where the kernel gives it too few threads, it can wait for ever. */
const DEADLINE_MS = 10_000;

/** Checks that this process can start another one, and that one threads: demo, `--detach` and `fwd --threads` do. */
export function checkProcesses(): Finding {
  const check = 'processes';
  const { status, signal, error } = spawnSync(process.execPath, ['--eval', SCRIPT], {
    stdio: 'ignore',
    timeout: DEADLINE_MS,
    killSignal: 'SIGKILL',
  });
  if (error === undefined && status === 0)
    return { check, state: 'ok', detail: `rtap can start a process with ${THREADS} threads` };
  const how =
    error instanceof Error && 'code' in error ? String(error.code) : (signal ?? `exit code ${status}`);
  const detail = `a process with ${THREADS} threads does not start (${how}): demo, --detach and fwd --threads may fail`;
  return { check, state: 'poor', detail, remedy: PROCESS_LIMITS };
}
