import { DescriptorWatch } from '../../sys/descriptor-watch.js';
import { disposeOnAbort } from '../../sys/ownership.js';
import type { TapDevice } from './tap-device.js';
import type { TapQueue } from './tap-queue.js';

/** What ends a readiness, beside disposing it. */
export interface ReadinessOptions {
  /** Ends the watch, as disposing does. */
  readonly signal?: AbortSignal | undefined;
}

/**
 * A queue's interrupt: calls back from the event loop while frames wait in the queue (level-triggered), and
 * when its device is deleted (`queue.gone`). In the callback, read until no frame comes, or call `pause`. The
 * process sleeps meanwhile.
 *
 * Another event loop may poll `queue.fd` for POLLIN itself.
 */
export class QueueReadiness implements Disposable {
  readonly #device: TapDevice;
  readonly #watch: DescriptorWatch;
  readonly #forget: () => void;
  #open = true;

  /**
   * Watches `queue` of `device`. The device disposes this object if the device is closed first. Throws a TypeError if the
   * queue is closed, or watched already.
   */
  constructor(
    device: TapDevice,
    queue: TapQueue,
    options: ReadinessOptions & { readonly onReady: () => void },
  ) {
    this.#device = device;
    this.#watch = DescriptorWatch.readable(queue.fd, options.onReady);
    device.own(this);
    this.#forget = () => {};
    this.#forget = disposeOnAbort(this, options.signal);
  }

  /** Stops the callbacks until `resume`. */
  pause(): void {
    this.#watch.pause();
  }

  /** Starts the callbacks again, at once if frames wait. */
  resume(): void {
    this.#watch.resume();
  }

  /** Lets the process end although the queue is watched. */
  unref(): void {
    this.#watch.unref();
  }

  /** Ends the callbacks. A second call does nothing. */
  [Symbol.dispose](): void {
    if (!this.#open) return;
    this.#open = false;
    this.#watch[Symbol.dispose]();
    this.#device.disown(this);
    this.#forget();
  }
}
