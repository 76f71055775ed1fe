import { c, checked, type Purpose } from './libc.js';
import { closedWithThread, closeWithThread } from './thread-exit.js';

// Source: include/uapi/asm-generic/fcntl.h (the same on x86, ARM and Power)
export const O_RDONLY = 0o0;
export const O_WRONLY = 0o1;
export const O_RDWR = 0o2;
export const O_CLOEXEC = 0o2000000;
export const O_NONBLOCK = 0o4000;

const F_GETFL = 3;
const F_SETFL = 4;

const STREAMS = [0, 1, 2] as const;

/** An open file descriptor and the duty to close it. */
export class Descriptor implements Disposable {
  #fd: number;

  /**
   * Takes over `fd`: only this object closes it. A worker thread gets another number for the open file, which Node closes
   * when the thread is terminated.
   */
  constructor(fd: number, { openedByNode = false } = {}) {
    this.#fd = openedByNode ? fd : closedWithThread(fd);
  }

  /** Takes over `fd`, which node:fs opened: Node closes it with its thread already. */
  static ofNode(fd: number): Descriptor {
    return new Descriptor(fd, { openedByNode: true });
  }

  /** Opens `path` with O_CLOEXEC added. Throws a SystemError. open(2). */
  static open(path: string, flags: number, purpose: Purpose = { action: 'open', object: path }): Descriptor {
    return new Descriptor(checked(purpose, 'open', () => c.open(path, flags | O_CLOEXEC, 0)));
  }

  /** The number, or -1 once it is closed. Borrowed: do not close it. */
  get fd(): number {
    return this.#fd;
  }

  /**
   * Sets O_NONBLOCK: reads and writes answer EAGAIN instead of waiting, for every user of the open file. fcntl(2).
   */
  setNonBlocking(purpose: Purpose): void {
    const flags = checked(purpose, 'fcntl(F_GETFL)', () => c.fcntlInt(this.#fd, F_GETFL, 0));
    checked(purpose, 'fcntl(F_SETFL)', () => c.fcntlInt(this.#fd, F_SETFL, flags | O_NONBLOCK));
  }

  /** Whether O_NONBLOCK is set. Throws a SystemError. */
  isNonBlocking(purpose: Purpose): boolean {
    return (checked(purpose, 'fcntl(F_GETFL)', () => c.fcntlInt(this.#fd, F_GETFL, 0)) & O_NONBLOCK) !== 0;
  }

  /**
   * Closes it. A second call does nothing. close(2) is never repeated: on Linux the number is free even after EINTR.
   */
  [Symbol.dispose](): void {
    if (this.#fd < 0) return;
    const fd = this.#fd;
    this.#fd = -1;
    closeWithThread(fd);
  }
}

/**
 * Replaces the standard streams of this process by /dev/null, so that a process that waits for their end goes on. With `output`,
 * standard output and standard error lead there. dup2(2).
 */
export function closeStandardStreams(output?: Descriptor): void {
  using nowhere = Descriptor.open('/dev/null', O_RDWR);
  const purpose = { action: 'close', object: 'standard streams' };
  const [input, ...outputs] = STREAMS;
  checked(purpose, 'dup2', () => c.dup2(nowhere.fd, input));
  for (const stream of outputs) checked(purpose, 'dup2', () => c.dup2((output ?? nowhere).fd, stream));
}
