/** What may happen to a device of the soak. The less it is, the more of its counters can be proved. */
export interface Slot {
  readonly number: number;
  readonly queues: number;
  /** Its users may be killed, and its counters reset. They have moved at most one burst that they had not counted. */
  readonly usersKilled: boolean;
  /** Its holder may end in any way. Frames that wait in queues when they are closed are in no counter. */
  readonly holderEnds: boolean;
  /** It may be moved to the other network namespace. */
  readonly moves: boolean;
  /** It may be deleted and made again. */
  readonly mortal: boolean;
}

const TAME = { usersKilled: false, holderEnds: false, moves: false, mortal: false };
const KEPT = { ...TAME, usersKilled: true };
const LASTING = { ...KEPT, holderEnds: true };
const MOVED = { ...LASTING, moves: true };
const WILD = { ...LASTING, mortal: true };
const ROAMING = { ...WILD, moves: true };

/** The ten devices. */
export const SLOTS: readonly Slot[] = [
  { number: 0, queues: 4, ...TAME },
  { number: 1, queues: 2, ...KEPT },
  { number: 2, queues: 8, ...KEPT },
  { number: 3, queues: 4, ...LASTING },
  { number: 4, queues: 1, ...LASTING },
  { number: 5, queues: 4, ...MOVED },
  { number: 6, queues: 4, ...WILD },
  { number: 7, queues: 2, ...WILD },
  { number: 8, queues: 4, ...ROAMING },
  { number: 9, queues: 3, ...ROAMING },
];

/** A device has one of two names at a time. */
export function namesOf({ number }: Slot): readonly [string, string] {
  return [`sk${number}`, `sk${number}x`];
}

/** Returns the slot of the device `name`, or undefined if the soak has none. */
export function slotOf(name: string): Slot | undefined {
  return SLOTS.find((slot) => namesOf(slot).includes(name));
}

/** Where the device of a slot was seen last. */
export interface Place {
  readonly name: string;
  /** Whether it is in the other network namespace. */
  readonly away: boolean;
}
