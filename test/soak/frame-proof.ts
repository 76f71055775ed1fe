import type { FrameSums } from './ledger.js';
import type { Slot } from './slots.js';

/** Frames that a killed process may have moved and not counted: one burst. */
const BURST_FRAMES = 128;

/** What is known about a device when nothing moves, no frame waits in a queue, and its counters began with it. */
export interface DeviceCounts {
  readonly slot: Slot;
  /** The kernel's counters: it receives what rtap sends, and sends what rtap receives. */
  readonly kernel: { readonly received: number; readonly sent: number; readonly dropped: number };
  /** rtap's counters. */
  readonly counted: {
    readonly received: number;
    readonly receiveErrors: number;
    readonly sent: number;
    readonly sendErrors: number;
  };
  /** What the processes of the slot printed. They include those of its earlier devices. */
  readonly said: Readonly<FrameSums>;
  /** Whether it was in more than one network namespace: rtap's counters of the other one stayed there. */
  readonly moved: boolean;
}

/** Returns a sentence for each equation that does not hold. */
export function unexplained(counts: DeviceCounts): string[] {
  return [...betweenCounters(counts), ...betweenCountersAndProcesses(counts)];
}

function betweenCounters({ kernel, counted, said, moved }: DeviceCounts): string[] {
  if (moved) return [];
  return [
    ...within("the kernel's rx", kernel.received, counted.sent, BURST_FRAMES * said.killedSenders),
    ...within("the kernel's tx", kernel.sent, counted.received, BURST_FRAMES * said.killedReaders),
    ...within("rtap's rx errors", counted.receiveErrors, 0, 0),
  ];
}

function betweenCountersAndProcesses({ slot, kernel, counted, said, moved }: DeviceCounts): string[] {
  const given = kernel.sent + kernel.dropped;
  // Earlier devices of the slot had their share of the frames, and so had queues that were closed.
  if (slot.mortal || slot.holderEnds) {
    const faults = given > said.attempts ? [`${given} frames sent or dropped of ${said.attempts}`] : [];
    return slot.mortal ? faults : [...faults, ...sendersAgree(kernel.received, said)];
  }
  const faults = [
    ...within("the kernel's tx and tx_dropped", given, said.attempts, 0),
    ...sendersAgree(kernel.received, said),
  ];
  if (slot.usersKilled || moved) return faults;
  return [
    ...faults,
    ...within("rtap's rx", counted.received, said.taken, 0),
    ...within("rtap's tx errors", counted.sendErrors, said.refused, 0),
  ];
}

function sendersAgree(received: number, { accepted, perhapsAccepted }: FrameSums): string[] {
  return within('what senders say is accepted', received, accepted, perhapsAccepted);
}

/** @param room how many more than `least` there may be */
function within(what: string, value: number, least: number, room: number): string[] {
  if (value >= least && value <= least + room) return [];
  return [`${what}: ${value} is not ${room === 0 ? least : `${least} to ${least + room}`}`];
}
