import type { Link } from '../../netlink/link.js';
import { Ownership } from '../../sys/ownership.js';
import { ROLE_READER } from '../counters/counter-layout.js';
import { CounterWriter } from '../counters/counter-writer.js';
import { HolderClient } from '../lease/holder-client.js';
import { noSuchQueue } from '../link/device-errors.js';
import { assertUnused, findTap, queueCountOf } from '../link/tap-link.js';
import { readDeviceRecord } from '../state/device-record.js';
import { discardFrames } from './discarded-frames.js';
import { attachQueues, borrowQueues, type NumberedQueues, numbersFrom } from './numbered-queues.js';

/** Which queues another program is to have, and how. */
export interface LendingOptions {
  /**
   * Numbers of the queues. Without a holder as many are attached, and the kernel numbers them from 0.
   * @default all queues
   */
  readonly queueNumbers?: readonly number[];
  /** How the holder names the program. */
  readonly command: string;
}

/** Queues that this process takes for a program that it becomes. They are its own when it has become that program. */
export class LentQueues implements Disposable {
  readonly #link: Link;
  readonly #owned: Ownership;
  readonly #queues: NumberedQueues;
  readonly #lender: HolderClient | undefined;

  private constructor(
    link: Link,
    owned: Ownership,
    parts: { readonly queues: NumberedQueues; readonly lender: HolderClient | undefined },
  ) {
    this.#link = link;
    this.#owned = owned;
    this.#queues = parts.queues;
    this.#lender = parts.lender;
  }

  /**
   * Borrows queues of the device `name` from its holder, or attaches them if there is none. Throws what `TapDevice.open` throws of the
   * device and its holder.
   */
  static take(name: string, options: LendingOptions): LentQueues {
    const link = findTap(name, 'attach to');
    const owned = new Ownership();
    try {
      const lender = HolderClient.find(link, 'attach to');
      if (lender !== undefined) owned.own(lender);
      else assertUnused(link, { action: 'attach to', reason: 'queues-in-use' });
      const queues =
        lender === undefined
          ? attachNamed(link, owned, options)
          : borrowQueues(link, owned, { ...options, lender, lasting: true });
      return new LentQueues(link, owned, { queues, lender });
    } catch (error) {
      owned[Symbol.dispose]();
      throw error;
    }
  }

  /** The descriptors, ordered by queue number. Borrowed. */
  get descriptors(): number[] {
    return this.#queues.taps.map(({ fd }) => fd);
  }

  /** The descriptor of the connection to the holder: the program gets it, too. Undefined without a holder. Borrowed. */
  get connection(): number | undefined {
    return this.#lender?.fd;
  }

  /** Whether the queues are the program's until it ends, even if it closes the connection. */
  get lasting(): boolean {
    return this.#queues.lasting ?? true;
  }

  /** Discards the frames that wait in a holder's queues, and counts them. Returns their number: 0 without a holder. */
  discardBacklog(): number {
    if (this.#lender === undefined) return 0;
    const { taps, numbers } = this.#queues;
    using counters = CounterWriter.tryOpen(this.#link, this.#lender.greeting.queues, ROLE_READER);
    let discarded = 0;
    for (const [index, tap] of taps.entries())
      discarded += discardFrames(tap, this.#link.txqueuelen, counters?.queue(numbers[index]!));
    return discarded;
  }

  [Symbol.dispose](): void {
    this.#owned[Symbol.dispose]();
  }
}

function attachNamed(link: Link, owned: Ownership, { queueNumbers }: LendingOptions): NumberedQueues {
  // The kernel does not tell how many queues a device has that rtap did not make.
  const queueCount = link.tun?.multiQueue === false ? 1 : readDeviceRecord(link.index)?.queues;
  const missing = queueNumbers?.find((number) => queueCount !== undefined && number >= queueCount);
  if (missing !== undefined) throw noSuchQueue(link.name, missing, queueCount!);
  const count = queueNumbers?.length ?? queueCount ?? queueCountOf(link);
  return attachQueues(link, owned, numbersFrom(0, count));
}
