import type { Link } from '../../netlink/link.js';
import type { Ownership } from '../../sys/ownership.js';
import type { HolderClient } from '../lease/holder-client.js';
import { commandOf } from '../link/attached-processes.js';
import { adoptQueues } from '../link/foreign-queues.js';
import { TapDescriptor } from '../link/tap-descriptor.js';
import { readDeviceRecord } from '../state/device-record.js';

/** Queues and their numbers, in the same order. */
export interface NumberedQueues {
  readonly taps: readonly TapDescriptor[];
  readonly numbers: readonly number[];
  /** Whether the lease lasts as long as this process, even without the connection to the holder. */
  readonly lasting?: boolean;
}

/**
 * Attaches a queue of this process to `link` for each of `numbers`. `owned` owns them. With `sendOnly`, detaches them at
 * once, so that the kernel gives them no frames.
 */
export function attachQueues(
  link: Link,
  owned: Ownership,
  numbers: readonly number[],
  sendOnly = false,
): NumberedQueues {
  const multiQueue = link.tun?.multiQueue ?? true;
  // A detached queue with IFF_NAPI cannot send: the kernel answers EBUSY.
  const napi = !sendOnly && readDeviceRecord(link.index)?.napi === true;
  const taps = numbers.map(() => owned.own(TapDescriptor.attach(link.name, { multiQueue, napi })));
  // This comes first. A frame that the kernel puts into one of them meanwhile is lost to its reader:
  // registering them with the ring first cost 41 to 56 of 5,000 frames in 230 rounds. The last queue goes
  // first, so that the others keep their numbers.
  if (sendOnly) for (const tap of taps.toReversed()) tap.detach();
  // Checked after the last attach, because the device can be deleted between two.
  taps.at(-1)?.assertOf(link.index, 'attach to');
  return { taps, numbers };
}

/** What to borrow from a holder: see `AttachmentOptions`. */
interface BorrowOptions {
  readonly lender: HolderClient;
  readonly queueNumbers?: readonly number[] | undefined;
  readonly firstQueue?: number;
  readonly queueCount?: number;
  readonly sendOnly?: boolean;
  readonly share?: boolean;
  readonly command?: string;
  /** See `LeaseOptions`. */
  readonly lasting?: boolean;
}

/**
 * Borrows queues of `link` from its holder. `owned` owns them. A borrowed queue is never detached: the kernel
 * would move the numbers of others.
 */
export function borrowQueues(link: Link, owned: Ownership, options: BorrowOptions): NumberedQueues {
  const { lender, share = false, command = commandOf(process.pid), lasting = false } = options;
  const wanted = wantedNumbers(options);
  const {
    numbers,
    descriptors,
    lasting: isLasting,
  } = options.sendOnly === true
    ? lender.borrowToSend(wanted ?? numbersFrom(0, lender.greeting.queues))
    : lender.lease(wanted, { share, command, lasting });
  // All are owned before one is examined, because that may throw.
  for (const descriptor of descriptors) owned.own(descriptor);
  const taps = adoptQueues(descriptors, link, { action: 'attach to', object: link.name });
  for (const tap of taps) owned.own(tap);
  // The flag belongs to the open file: another user of the queue may have cleared it.
  for (const tap of taps) tap.makeNonBlocking();
  return { taps, numbers, lasting: isLasting };
}

/** Undefined for all queues. */
function wantedNumbers({
  queueNumbers,
  firstQueue,
  queueCount,
  lender,
}: BorrowOptions): readonly number[] | undefined {
  if (queueNumbers !== undefined) return queueNumbers.toSorted((a, b) => a - b);
  if (firstQueue === undefined) return undefined;
  return numbersFrom(firstQueue, queueCount ?? lender.greeting.queues - firstQueue);
}

/** Returns `count` numbers from `first` on. */
export function numbersFrom(first: number, count: number): number[] {
  return Array.from({ length: count }, (_, index) => first + index);
}
