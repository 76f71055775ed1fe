import { closeSync, openSync, readlinkSync } from 'node:fs';
import koffi from 'koffi';
import { c, checked } from './libc.js';

// Source: dlfcn.h, fcntl.h
const RTLD_NOW = 2;
const RTLD_NODELETE = 0x1000;
const O_CLOEXEC = 0o2000000;

const MOVE = { action: 'keep', object: 'descriptor' };
const NOTHING: Disposable = { [Symbol.dispose]: () => {} };

/**
 * Calls the C function `name` of `library` with the address `argument` when this worker thread ends, also by
 * `worker.terminate()`, which runs no JavaScript. Dispose the returned object when the resource is released before.
 *
 * Does nothing in the main thread: the kernel releases everything when the process ends. The C library calls the
 * destructors of a thread's values (pthread_key_create(3)) after Node has left the thread.
 */
export function atThreadExit(library: string, name: string, argument: number): Disposable {
  if (isMainThread()) return NOTHING;
  const calls = threadCalls();
  // Never unloaded: Node has closed the thread's libraries by then.
  const destructor = calls.dlsym(calls.dlopen(library, RTLD_NOW | RTLD_NODELETE), name);
  const key = new Uint32Array(1);
  // Each process has 1,024 keys. Without one the resource lives until the process ends.
  if (destructor === null || calls.keyCreate(key, destructor) !== 0) return NOTHING;
  calls.setSpecific(key[0]!, BigInt(argument));
  return { [Symbol.dispose]: () => void calls.keyDelete(key[0]!) };
}

/**
 * Returns a descriptor for the open file of `fd` that Node closes when this worker thread ends, however it ends, and closes
 * `fd`. Close it by `closeWithThread`. In the main thread returns `fd`.
 */
export function closedWithThread(fd: number): number {
  if (isMainThread()) return fd;
  try {
    // Node closes what a thread opened by node:fs. So that number gets the open file.
    const tracked = openSync('/dev/null', 'r');
    checked(MOVE, 'dup3', () => threadCalls().dup3(fd, tracked, O_CLOEXEC));
    return tracked;
  } finally {
    c.close(fd);
  }
}

/** Closes a descriptor of `closedWithThread`. */
export function closeWithThread(fd: number): void {
  if (isMainThread()) c.close(fd);
  else closeSync(fd);
}

let mainThread: boolean | undefined;

/**
 * Whether this is the process's first thread. /proc/thread-self leads to `PID/task/TID`, see proc(5). node:worker_threads
 * would tell, too, but a short command has no other use for it, and it takes milliseconds to load.
 */
function isMainThread(): boolean {
  if (mainThread === undefined) {
    const [pid, , tid] = readlinkSync('/proc/thread-self').split('/');
    mainThread = pid === tid;
  }
  return mainThread;
}

interface ThreadCalls {
  readonly dlopen: (name: string, flags: number) => bigint | null;
  readonly dlsym: (handle: bigint | null, name: string) => bigint | null;
  readonly dup3: (from: number, to: number, flags: number) => number;
  readonly keyCreate: (key: Uint32Array, destructor: bigint) => number;
  readonly setSpecific: (key: number, value: bigint) => number;
  readonly keyDelete: (key: number) => number;
}

let bound: ThreadCalls | undefined;

function threadCalls(): ThreadCalls {
  bound ??= bind();
  return bound;
}

function bind(): ThreadCalls {
  const libc = koffi.load(null);
  const declare = <F>(definition: string) => libc.func(definition) as unknown as F;
  return {
    dlopen: declare('void *dlopen(const char *name, int flags)'),
    dlsym: declare('void *dlsym(void *handle, const char *name)'),
    dup3: declare('int dup3(int from, int to, int flags)'),
    keyCreate: declare('int pthread_key_create(void *key, void *destructor)'),
    setSpecific: declare('int pthread_setspecific(uint key, void *value)'),
    keyDelete: declare('int pthread_key_delete(uint key)'),
  };
}
