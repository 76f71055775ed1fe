import { Descriptor } from '../../sys/descriptor.js';
import { DescriptorWatch } from '../../sys/descriptor-watch.js';
import { errnoOf } from '../../sys/errno.js';
import { acceptUnix } from '../../sys/unix-socket.js';

/** Connections that are accepted before messages of users are handled. */
const ACCEPTS_PER_TURN = 64;
/** How long no connection is accepted if this process has no descriptor left. */
const EXHAUSTED_MS = 100;

const EAGAIN = errnoOf('EAGAIN');

/** Accepts the connections to a holder's listening sockets. */
export class HolderListener implements Disposable {
  readonly #onConnection: (socket: Descriptor) => void;
  readonly #watches: DescriptorWatch[] = [];
  #paused = false;
  #open = true;

  /**
   * @param sockets borrowed
   * @param onConnection owns the socket that it is called with
   */
  constructor(sockets: readonly Descriptor[], onConnection: (socket: Descriptor) => void) {
    this.#onConnection = onConnection;
    for (const { fd } of sockets) {
      const watch = DescriptorWatch.readable(fd, () => this.#accept(fd, watch));
      this.#watches.push(watch);
    }
  }

  /** Lets new connections wait in the kernel until `resume`. */
  pause(): void {
    this.#paused = true;
    for (const watch of this.#watches) watch.pause();
  }

  resume(): void {
    this.#paused = false;
    for (const watch of this.#watches) watch.resume();
  }

  [Symbol.dispose](): void {
    this.#open = false;
    for (const watch of this.#watches) watch[Symbol.dispose]();
  }

  #accept(fd: number, watch: DescriptorWatch): void {
    for (let accepts = 0; accepts < ACCEPTS_PER_TURN && this.#open; accepts++) {
      const socket = acceptUnix(fd);
      if (socket instanceof Descriptor) {
        this.#onConnection(socket);
        continue;
      }
      if (socket === -EAGAIN) return;
      // Most likely this process has no descriptor left. New connections wait until it has; the others are served meanwhile.
      watch.pause();
      setTimeout(() => this.#paused || watch.resume(), EXHAUSTED_MS).unref();
      return;
    }
  }
}
