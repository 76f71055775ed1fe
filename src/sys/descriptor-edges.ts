import { Descriptor } from './descriptor.js';
import { c, checked, type Purpose } from './libc.js';
import { LITTLE_ENDIAN } from './platform.js';

// Source: include/uapi/linux/eventpoll.h. struct epoll_event is packed on x86-64 alone. Only its first field,
// `events`, is used.
export const EPOLL_CLOEXEC = 0o2000000;
export const EPOLL_CTL_ADD = 1;
const EPOLLIN = 1;
export const EPOLLOUT = 4;
const EPOLLET = 0x80000000;
export const EPOLL_EVENT_SIZE = 16;

/** Edges that one call takes. */
const EDGES_MAX = 256;

/**
 * Many descriptors behind one: it is readable when any of them has become readable, or has an error, since the last `take`.
 * Unlike a level, an edge does not come again while what is there is left unread. epoll(7), EPOLLET.
 */
export class DescriptorEdges implements Disposable {
  readonly #epoll: Descriptor;
  readonly #purpose: Purpose;
  readonly #events = new Uint8Array(EDGES_MAX * EPOLL_EVENT_SIZE);
  readonly #added = new Uint8Array(EPOLL_EVENT_SIZE);

  /** Throws a SystemError. */
  constructor(purpose: Purpose) {
    this.#purpose = purpose;
    new DataView(this.#added.buffer).setUint32(0, EPOLLIN + EPOLLET, LITTLE_ENDIAN);
    this.#epoll = new Descriptor(checked(purpose, 'epoll_create1', () => c.epollCreate(EPOLL_CLOEXEC)));
  }

  /** For an event loop. Borrowed. */
  get fd(): number {
    return this.#epoll.fd;
  }

  /** Watches `fd` until it is closed. Throws a SystemError. */
  add(fd: number): void {
    const add = () => c.epollCtl(this.#epoll.fd, EPOLL_CTL_ADD, fd, this.#added);
    checked(this.#purpose, 'epoll_ctl', add);
  }

  /** Takes the edges that have come, without waiting. Returns how many they were. */
  take(): number {
    let taken = 0;
    for (let count = EDGES_MAX; count === EDGES_MAX; taken += count) {
      const wait = () => c.epollWait(this.#epoll.fd, this.#events, EDGES_MAX, 0);
      count = checked(this.#purpose, 'epoll_wait', wait);
    }
    return taken;
  }

  [Symbol.dispose](): void {
    this.#epoll[Symbol.dispose]();
  }
}
