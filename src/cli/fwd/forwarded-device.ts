import { Ownership } from '../../sys/ownership.js';
import { DeviceAttachment } from '../../tap/device-attachment.js';
import { MissedCount } from '../../tap/missed-count.js';
import { findTap } from '../../tap/tap-link.js';
import type { Console } from '../console.js';
import { DeviceWatch } from '../device-watch.js';
import type { ForwardOptions } from './forward-arguments.js';
import { partOfUnheld } from './forward-refusal.js';

/** Whom a device's events are told. */
export interface DeviceListener {
  readonly console: Console;
  onGone(name: string): void;
}

/** One of the two devices of a forwarder: its queues, what happens to it, and what the kernel drops of it. */
export class ForwardedDevice implements Disposable {
  readonly name: string;
  readonly attachment: DeviceAttachment;
  readonly #owned: Ownership;
  readonly #missed: MissedCount;

  private constructor(owned: Ownership, attachment: DeviceAttachment, listener: DeviceListener) {
    this.#owned = owned;
    this.attachment = attachment;
    this.name = attachment.link.name;
    this.#missed = owned.own(new MissedCount(attachment.link.index));
    const follower = { console: listener.console, command: 'fwd', onGone: () => listener.onGone(this.name) };
    owned.own(new DeviceWatch(attachment.link, follower));
  }

  /** Attaches to the device `name` of the network namespace that this process is in at the time. */
  static open(name: string, options: ForwardOptions, listener: DeviceListener): ForwardedDevice {
    const { selection, queueCount, share } = options;
    const link = findTap(name, 'forward');
    const owned = new Ownership();
    try {
      const attachment = owned.own(
        DeviceAttachment.open(link, {
          ...(queueCount === undefined ? {} : { queueCount }),
          ...(selection === 'all' ? {} : { queueNumbers: selection }),
          share,
          command: 'fwd',
        }),
      );
      if (
        selection !== 'all' &&
        attachment.lender === undefined &&
        attachment.numbers.length !== selection.length
      )
        throw partOfUnheld(name, selection);
      return new ForwardedDevice(owned, attachment, listener);
    } catch (error) {
      owned[Symbol.dispose]();
      throw error;
    }
  }

  /** Packets that the kernel dropped, since nobody read them in time. */
  get missed(): number {
    return this.#missed.read();
  }

  [Symbol.dispose](): void {
    this.#owned[Symbol.dispose]();
  }
}
