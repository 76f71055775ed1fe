import type { Link } from '../../netlink/link.js';
import { IFF_UP } from '../../netlink/link-flags.js';
import type { CreatedDevice } from '../../tap/device/device-creation.js';
import type { Holder } from '../../tap/hold/holder.js';
import { type HolderStartOptions, startHolder } from '../../tap/hold/holder-start.js';
import type { QueueEvent } from '../../tap/hold/queue-states.js';
import { notifyOfSuccessor, notifyServiceManager } from '../../tap/hold/service-manager.js';
import { deviceDeleted } from '../../tap/link/device-errors.js';
import { becomeBackground } from '../process/background.js';
import type { Console } from '../process/console.js';
import type { StopRequest } from '../process/stop-request.js';
import { HeldDeviceWatch } from './held-device-watch.js';
import { describeRestoration } from './restoration-text.js';

/** The held device when the session begins. */
interface HeldDevice {
  readonly name: string;
  readonly ifindex: number;
}

type HolderHandlers = 'onRelease' | 'onTakenOver' | 'onDeviceChanged' | 'onRestored' | 'readEvents';

/** Holds a device and lends its queues until a signal, `rtap release`, a take-over, or the deletion of the device. */
export class HoldSession implements Disposable {
  readonly #console: Console;
  readonly #ended: Promise<void>;
  #release = () => {};
  #successor: number | undefined;
  #holder: Holder | undefined;
  #watch: HeldDeviceWatch | undefined;

  constructor(console: Console) {
    this.#console = console;
    this.#ended = new Promise((resolve) => {
      this.#release = resolve;
    });
  }

  /** What the holder calls when a user ends it or takes over. */
  get handlers(): Pick<HolderStartOptions, HolderHandlers> {
    return {
      onRelease: () => this.#release(),
      onDeviceChanged: (changes) => {
        for (const change of changes) this.#console.warn(change);
      },
      readEvents: () => this.#watch?.readNow(),
      onRestored: (restoration) => this.#console.note(`rtap: ${describeRestoration(restoration)}`),
      onTakenOver: (pid) => {
        this.#successor = pid;
        this.#release();
      },
    };
  }

  /** Begins to lend the queues of `device`. Returns false if this user can write no runtime directory. */
  lend(device: CreatedDevice, options: Omit<HolderStartOptions, HolderHandlers>): boolean {
    this.#holder = startHolder(device, { ...options, ...this.handlers });
    return this.#holder !== undefined;
  }

  /** Owns `holder`, which has taken over from another process. */
  adopt(holder: Holder): void {
    this.#holder = holder;
  }

  /** Calls `announce` when the session is ready, and returns when it ends. Throws if the device was deleted. */
  async run({ name, ifindex }: HeldDevice, stop: StopRequest, announce: () => void): Promise<void> {
    using watch = new HeldDeviceWatch({ name, ifindex }, this.#console, {
      onRename: (present) => this.#holder?.rename(present),
      onEvent: (link) => this.#holder?.noteEvent(queueEvent(link)),
      onOverrun: () => this.#holder?.noteOverrun(),
      onMove: () => this.#follow(),
    });
    this.#watch = watch;
    announce();
    becomeBackground();
    notifyServiceManager('READY=1');
    const finished = Promise.race([stop.happened, this.#ended]).then(() => false);
    const deleted = await Promise.race([finished, watch.deleted.then(() => true)]);
    if (deleted) throw deviceDeleted(watch.name, 'go on holding');
    if (this.#successor === undefined) notifyServiceManager('STOPPING=1');
    else this.#leave(watch.name, this.#successor);
  }

  #leave(name: string, successor: number): void {
    notifyOfSuccessor(successor);
    this.#console.note(`rtap: ${name} is now held by process ${successor}`);
  }

  #follow(): Link | undefined {
    try {
      return this.#holder?.follow();
    } catch (error) {
      this.#console.warn(error instanceof Error ? error.message : String(error));
      return undefined;
    }
  }

  [Symbol.dispose](): void {
    this.#holder?.[Symbol.dispose]();
  }
}

function queueEvent({ flags, tun }: Link): QueueEvent {
  return { up: (flags & IFF_UP) !== 0, disabled: tun?.disabledQueues ?? 0 };
}
