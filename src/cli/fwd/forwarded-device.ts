import type { Link } from '../../netlink/link.js';
import { readAddressFilter } from '../../tap/device/address-filter.js';
import { findUnreadQueues } from '../../tap/lease/unread-queues.js';
import { MissedCount } from '../../tap/link/missed-count.js';
import { DeviceAttachment } from '../../tap/queue/device-attachment.js';
import { DeviceWatch } from '../device/device-watch.js';
import type { MissedPackets } from '../device/missed-packets.js';
import type { Console } from '../process/console.js';
import { Undo } from '../process/undo.js';
import { type ForwardOptions, partOfUnheld } from './forward-arguments.js';

/** One of the two devices of a forwarder: its queues, its events, and how many of its packets the kernel dropped. */
export class ForwardedDevice implements Disposable {
  readonly name: string;
  readonly attachment: DeviceAttachment;
  readonly #missed: MissedCount;
  readonly #undo: Undo;

  private constructor(attachment: DeviceAttachment, missed: MissedCount, undo: Undo) {
    this.attachment = attachment;
    this.name = attachment.link.name;
    this.#missed = missed;
    this.#undo = undo;
  }

  /** Attaches to `link`, a device of the network namespace that this process is in now. */
  static open(link: Link, options: ForwardOptions, console: Console): ForwardedDevice {
    const undo = new Undo();
    const owned = <T extends Disposable>(resource: T): T => {
      undo.own(() => resource[Symbol.dispose]());
      return resource;
    };
    try {
      const attachment = owned(attach(link, options));
      const missed = owned(new MissedCount(link.index));
      owned(new DeviceWatch(link, { console, command: 'fwd' }));
      return new ForwardedDevice(attachment, missed, undo);
    } catch (error) {
      undo[Symbol.dispose]();
      throw error;
    }
  }

  /** Packets that the kernel dropped because a queue was full. */
  get missed(): number {
    return this.#missed.read();
  }

  /** As `missed`, with what else tells why packets were missed. Must be called in the network namespace of the device. */
  async readMissed(): Promise<MissedPackets> {
    const { name, missed } = this;
    const { index } = this.attachment.link;
    const filtered = readAddressFilter({ index }) !== undefined;
    return { name, missed, unread: (await findUnreadQueues([index])).get(index), filtered };
  }

  [Symbol.dispose](): void {
    this.#undo[Symbol.dispose]();
  }
}

function attach(link: Link, { selection, queueCount, share }: ForwardOptions): DeviceAttachment {
  const attachment = DeviceAttachment.open(link, {
    ...(queueCount === undefined ? {} : { queueCount }),
    ...(selection === 'all' ? {} : { queueNumbers: selection }),
    share,
    command: 'fwd',
  });
  if (selection === 'all' || attachment.numbers.length === selection.length) return attachment;
  attachment[Symbol.dispose]();
  throw partOfUnheld(link.name, selection);
}
