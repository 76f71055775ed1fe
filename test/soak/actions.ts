import type { Actor } from './actor.js';
import { change, collect, look, move, rename, reset, watch } from './device-actions.js';
import {
  create,
  hold,
  killHolder,
  persist,
  release,
  remove,
  takeOver,
  takeOverAndDie,
} from './holder-actions.js';
import { SLOTS, type Slot } from './slots.js';
import { dump, inject, transmit } from './traffic-actions.js';

/** An action of an actor on a device. */
interface Action {
  /** How often it is chosen, relative to the others. */
  readonly weight: number;
  readonly act: (actor: Actor, slot: Slot) => Promise<void>;
  /** Which devices it may be done to; undefined for all. */
  readonly to?: (slot: Slot) => boolean;
}

const ACTIONS: readonly Action[] = [
  { weight: 20, act: dump },
  { weight: 20, act: inject },
  { weight: 20, act: transmit },
  { weight: 12, act: look },
  { weight: 2, act: watch },
  // The kill may come between two counters of one burst.
  { weight: 2, act: reset, to: (slot) => slot.usersKilled },
  { weight: 8, act: change },
  { weight: 3, act: rename },
  { weight: 4, act: takeOver },
  { weight: 3, act: collect },
  { weight: 2, act: persist },
  { weight: 6, act: hold, to: (slot) => slot.holderEnds },
  { weight: 3, act: release, to: (slot) => slot.holderEnds },
  { weight: 3, act: killHolder, to: (slot) => slot.holderEnds },
  { weight: 3, act: takeOverAndDie, to: (slot) => slot.holderEnds },
  { weight: 4, act: move, to: (slot) => slot.moves },
  { weight: 9, act: create, to: (slot) => slot.mortal },
  { weight: 3, act: remove, to: (slot) => slot.mortal },
];

/** Chooses an action and a device at random, and does it. */
export async function actOnce(actor: Actor): Promise<void> {
  const slot = actor.choice.pick(SLOTS);
  const possible = ACTIONS.filter(({ to }) => to?.(slot) ?? true);
  await actor.choice.weighted(possible).act(actor, slot);
}
