import koffi, { type node } from 'koffi';
import { ArgumentTypeError } from '../errors.js';
import { Descriptor } from './descriptor.js';
import { EPOLL_CLOEXEC, EPOLL_CTL_ADD, EPOLL_EVENT_SIZE, EPOLLOUT } from './descriptor-edges.js';
import { c, checked, type Purpose } from './libc.js';
import { LITTLE_ENDIAN } from './platform.js';

const F_GETFD = 1;

/** How long after an error the callbacks pause. */
const ERROR_PAUSE_MS = 10;

/**
 * Whether Node runs no promise jobs when a callback from native code has returned: since 26.4, unless the addon opens a
 * callback scope, which koffi does not. The jobs would wait for the next timer or the next event of another kind.
 */
const [MAJOR = 0, MINOR = 0] = process.versions.node.split('.').map(Number);
const LEAVES_JOBS = MAJOR > 26 || (MAJOR === 26 && MINOR >= 4);

let jobsAreDue = false;

/**
 * Lets Node run the promise jobs in the same turn of the event loop: it does after each immediate. That costs 0.6 us a
 * wake-up, and nothing on a release that runs them by itself.
 */
function runJobsSoon(): void {
  if (!LEAVES_JOBS || jobsAreDue) return;
  jobsAreDue = true;
  setImmediate(() => {
    jobsAreDue = false;
  });
}

/**
 * Lets the event loop watch a descriptor, level-triggered: `onReady` is called while there is something to do.
 *
 * Watches are kept in a module-wide set until they are disposed. A koffi poll handle without a reference is garbage:
 * Node collects it, and then its callbacks stop silently or Node aborts in a finalizer.
 *
 * libuv makes the open file non-blocking. Dispose the watch before closing the descriptor.
 */
export class DescriptorWatch implements Disposable {
  static readonly #alive = new Set<DescriptorWatch>();

  static {
    // At its exit Node polls the handles that are still open once more, and aborts if one is ready (napi_throw).
    process.once('exit', () => {
      for (const watch of DescriptorWatch.#alive) watch[Symbol.dispose]();
    });
  }

  readonly #fd: number;
  readonly #handle: node.PollHandle;
  readonly #interest: { readable: boolean; writable: boolean };
  readonly #callback: (status: unknown) => void;
  #running = false;
  #closed = false;
  #referenced = true;
  #afterError: NodeJS.Timeout | undefined;

  private constructor(fd: number, interest: { readable: boolean; writable: boolean }, onReady: () => void) {
    DescriptorWatch.#assertFree(fd);
    this.#fd = fd;
    this.#interest = interest;
    // A poll error (the device is gone) arrives as a negative number. The next read tells the reason.
    this.#callback = (status) => {
      runJobsSoon();
      this.#call(onReady);
      if (typeof status === 'number' && status < 0) this.#restartSoon();
    };
    this.#handle = koffi.node.poll(fd, interest, this.#callback);
    this.#running = true;
    DescriptorWatch.#alive.add(this);
  }

  /** Node aborts if libuv refuses a descriptor: koffi throws from a constructor then. */
  static #assertFree(fd: number): void {
    const purpose = { action: 'watch', object: `descriptor ${fd}` };
    if (fd < 0) throw new ArgumentTypeError('cannot watch "descriptor": it is closed');
    for (const watch of DescriptorWatch.#alive)
      if (watch.#fd === fd)
        throw new ArgumentTypeError(`cannot watch "${purpose.object}": it is watched already`);
    checked(purpose, 'fcntl(F_GETFD)', () => c.fcntlInt(fd, F_GETFD, 0));
  }

  /**
   * Calls `onReady` whenever a read of `fd` would not wait. Throws a TypeError if `fd` is watched already, and a SystemError
   * (EBADF) if it is not open.
   */
  static readable(fd: number, onReady: () => void): DescriptorWatch {
    return new DescriptorWatch(fd, { readable: true, writable: false }, onReady);
  }

  /** Calls `onReady` whenever a write to `fd` would not wait. Throws what `readable` throws. */
  static writable(fd: number, onReady: () => void): DescriptorWatch {
    return new DescriptorWatch(fd, { readable: false, writable: true }, onReady);
  }

  /** Stops the callbacks until `resume`. */
  pause(): void {
    if (this.#closed || !this.#running) return;
    this.#running = false;
    clearTimeout(this.#afterError);
    this.#handle.stop();
  }

  /** Starts the callbacks again. */
  resume(): void {
    if (this.#closed || this.#running) return;
    this.#running = true;
    this.#handle.start(this.#interest, this.#callback);
  }

  /** Lets the process end although this watch is alive. */
  unref(): void {
    // koffi reads freed memory for a handle that is closed.
    if (this.#closed) return;
    this.#referenced = false;
    this.#handle.unref();
    this.#afterError?.unref();
  }

  /**
   * libuv stops after a poll error, so the poll is started again a little later, in case the callback found no reason
   * for it. While a device is deleted, poll(2) fails some microseconds before read(2) does, which answers -EAGAIN
   * until then.
   */
  #restartSoon(): void {
    if (this.#closed || !this.#running) return;
    const restart = () => this.#handle.start(this.#interest, this.#callback);
    this.#afterError = setTimeout(restart, ERROR_PAUSE_MS);
    if (!this.#referenced) this.#afterError.unref();
  }

  /**
   * koffi ignores what a callback throws, and calls no more while the event loop runs: the error is thrown from an
   * immediate instead.
   */
  #call(onReady: () => void): void {
    try {
      onReady();
    } catch (error) {
      this[Symbol.dispose]();
      setImmediate(() => {
        throw error;
      });
    }
  }

  [Symbol.dispose](): void {
    if (this.#closed) return;
    this.#closed = true;
    clearTimeout(this.#afterError);
    this.#handle.close();
    DescriptorWatch.#alive.delete(this);
  }
}

/**
 * Opens an epoll descriptor that is readable when `fd` can be written. Watching it leaves the open file of `fd`,
 * which may be shared with a shell, in blocking mode. Throws a SystemError with EPERM for a regular file, which is
 * always ready. epoll_create1(2).
 */
export function openWritableProbe(fd: number, purpose: Purpose): Descriptor {
  return openProbe(fd, EPOLLOUT, purpose);
}

/**
 * Opens an epoll descriptor that is readable when the other end of the pipe or socket `fd` has closed. epoll reports
 * EPOLLHUP without a request.
 */
export function openHangupProbe(fd: number, purpose: Purpose): Descriptor {
  return openProbe(fd, 0, purpose);
}

function openProbe(fd: number, events: number, purpose: Purpose): Descriptor {
  const epoll = new Descriptor(checked(purpose, 'epoll_create1', () => c.epollCreate(EPOLL_CLOEXEC)));
  try {
    const event = new Uint8Array(EPOLL_EVENT_SIZE);
    new DataView(event.buffer).setUint32(0, events, LITTLE_ENDIAN);
    checked(purpose, 'epoll_ctl', () => c.epollCtl(epoll.fd, EPOLL_CTL_ADD, fd, event));
    return epoll;
  } catch (error) {
    epoll[Symbol.dispose]();
    throw error;
  }
}
