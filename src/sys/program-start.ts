import { readdirSync, readFileSync } from 'node:fs';
import koffi from 'koffi';
import { errnoName } from './errno.js';
import { c } from './libc.js';

// Source: include/uapi/asm-generic/fcntl.h
const F_GETFD = 1;
const F_SETFD = 2;
const F_GETFL = 3;
const F_SETFL = 4;
const FD_CLOEXEC = 1;
const STREAMS = [0, 1, 2];

// Source: bits/signum-generic.h, bits/sigaction.h (the same on x86, ARM and Power)
const SIGPIPE = 13;
const SIGXFSZ = 25;
const SIG_SETMASK = 2;
const SIG_DFL = null;
const SIG_IGN = 1n;

/** Enough for the sigset_t of every C library. */
const SIGNAL_SET_BYTES = 128;

// Source: include/uapi/asm-generic/resource.h
const RLIMIT_NOFILE = 7;

/** The soft limit that most systems give a process. */
const SOFT_USUAL = 1024;

/** What a program begins with. */
export interface ProgramStart {
  /** The name of the program, looked for in PATH, and its arguments. */
  readonly words: readonly [string, ...string[]];
  /** Descriptors that it gets, besides the standard streams. */
  readonly descriptors: readonly number[];
  /** Variables that are added to its environment. */
  readonly environment: Readonly<Record<string, string>>;
  /** Flags of the standard streams, as `readStreamFlags` returned them. */
  readonly streamFlags: readonly number[];
}

/** Returns the flags (F_GETFL) of the standard streams. Call it before they are used: Node can change them. */
export function readStreamFlags(): readonly number[] {
  return STREAMS.map((stream) => c.fcntlInt(stream, F_GETFL, 0));
}

/**
 * Replaces this process by another program, with the same process id: execvp(3). Takes back what Node does to its process at its
 * start: it ignores SIGPIPE and SIGXFSZ, raises the soft limit of descriptors, and marks some descriptors close-on-exec. The program gets only those
 * that are named here.
 *
 * Returns only if that fails, with the name of the errno. This process can go on then.
 */
export function becomeProgram({ words, descriptors, environment, streamFlags }: ProgramStart): string {
  const calls = bind();
  // Node writes through to the environment that execvp(3) passes on.
  Object.assign(process.env, environment);
  closeInherited();
  for (const fd of [...STREAMS, ...descriptors]) keepOpen(fd);
  for (const [stream, flags] of streamFlags.entries()) if (flags >= 0) c.fcntlInt(stream, F_SETFL, flags);
  calls.signalMask(SIG_SETMASK, new Uint8Array(SIGNAL_SET_BYTES), null);
  const limit = lowerLimit(calls, readParentLimit());
  for (const signal of [SIGPIPE, SIGXFSZ]) calls.signal(signal, SIG_DFL);
  calls.execvp(words[0], [...words, null]);
  const code = errnoName(koffi.errno());
  for (const signal of [SIGPIPE, SIGXFSZ]) calls.signal(signal, SIG_IGN);
  if (limit !== undefined) calls.prlimit(0, RLIMIT_NOFILE, limit, null);
  return code;
}

/**
 * Returns the soft limit of descriptors of the parent process. Node keeps no record of the one that it had before it raised it: a process
 * gets it from its parent.
 */
export function readParentLimit(path = `/proc/${process.ppid}/limits`): number {
  try {
    const soft = /^Max open files +(\d+)/m.exec(readFileSync(path, 'utf8'))?.[1];
    return soft === undefined ? SOFT_USUAL : Number(soft);
  } catch {
    return SOFT_USUAL;
  }
}

/** Node marks the descriptors that it was started with only up to the first gap in their numbers. */
function closeInherited(): void {
  for (const fd of openDescriptors()) {
    const flags = c.fcntlInt(fd, F_GETFD, 0);
    if (flags >= 0) c.fcntlInt(fd, F_SETFD, flags | FD_CLOEXEC);
  }
}

function openDescriptors(): readonly number[] {
  try {
    return readdirSync('/proc/self/fd').map(Number);
  } catch {
    return [];
  }
}

function keepOpen(fd: number): void {
  const flags = c.fcntlInt(fd, F_GETFD, 0);
  if (flags >= 0) c.fcntlInt(fd, F_SETFD, flags & ~FD_CLOEXEC);
}

/** Returns the limits before, soft and hard. */
function lowerLimit(calls: ProgramCalls, soft: number): BigUint64Array | undefined {
  const before = new BigUint64Array(2);
  if (calls.prlimit(0, RLIMIT_NOFILE, null, before) !== 0) return undefined;
  const [, hard = 0n] = before;
  const wanted = BigInt(soft);
  calls.prlimit(0, RLIMIT_NOFILE, BigUint64Array.of(wanted < hard ? wanted : hard, hard), null);
  return before;
}

interface ProgramCalls {
  readonly execvp: (file: string, words: readonly (string | null)[]) => number;
  readonly signal: (signal: number, handler: bigint | null) => bigint | null;
  readonly signalMask: (how: number, set: Uint8Array, before: null) => number;
  readonly prlimit: (
    pid: number,
    resource: number,
    wanted: BigUint64Array | null,
    before: BigUint64Array | null,
  ) => number;
}

function bind(): ProgramCalls {
  const libc = koffi.load(null);
  const declare = <F>(definition: string) => libc.func(definition) as unknown as F;
  return {
    execvp: declare('int execvp(const char *file, const char **words)'),
    signal: declare('void *signal(int number, void *handler)'),
    signalMask: declare('int pthread_sigmask(int how, const void *set, void *before)'),
    prlimit: declare('int prlimit64(int pid, int resource, const void *wanted, void *before)'),
  };
}
