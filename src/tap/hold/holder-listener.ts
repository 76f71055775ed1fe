import { Descriptor } from '../../sys/descriptor.js';
import { DescriptorWatch } from '../../sys/descriptor-watch.js';
import { errnoOf } from '../../sys/errno.js';
import { acceptUnix } from '../../sys/unix-socket.js';

/** Connections that are accepted before others get their turn. */
const ACCEPTS_PER_TURN = 64;
/** How long nobody is accepted when this process has no descriptor left. */
const EXHAUSTED_MS = 100;

const EAGAIN = errnoOf('EAGAIN');

/** Accepts whoever connects to sockets that listen. */
export class HolderListener implements Disposable {
  readonly #onConnection: (socket: Descriptor) => void;
  readonly #watches: DescriptorWatch[] = [];
  #paused = false;
  #open = true;

  /** @param onConnection takes over the socket of each connection; `sockets` are borrowed */
  constructor(sockets: readonly Descriptor[], onConnection: (socket: Descriptor) => void) {
    this.#onConnection = onConnection;
    for (const { fd } of sockets) {
      const watch = DescriptorWatch.readable(fd, () => this.#accept(fd, watch));
      this.#watches.push(watch);
    }
  }

  /** Lets connections wait. */
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
      // No descriptor is left, most likely: connections wait until one is, and what is served goes on.
      watch.pause();
      setTimeout(() => this.#paused || watch.resume(), EXHAUSTED_MS).unref();
      return;
    }
  }
}
