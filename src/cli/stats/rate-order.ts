import type { DeviceRates, DirectionRate, QueueRate } from './rate-sample.js';

/** By what queues and devices can be sorted. `automatic`: by number, the busiest first where there is no room for all. */
export const RATE_ORDERS = ['automatic', 'busiest', 'rx', 'tx', 'number'] as const;

/** How queues and devices are sorted. */
export interface RateOrder {
  readonly by: (typeof RATE_ORDERS)[number];
  /** Puts the last one first. */
  readonly reversed: boolean;
}

/** The order of a table that no key changes. */
export const AUTOMATIC: RateOrder = { by: 'automatic', reversed: false };

interface Busy {
  readonly rx: Pick<DirectionRate, 'packetsPerSecond'>;
  readonly tx: Pick<DirectionRate, 'packetsPerSecond'>;
}

/** Returns the order that is `steps` after `order` in the list, in a circle. */
export function nextOrder({ by, reversed }: RateOrder, steps: number): RateOrder {
  const { length } = RATE_ORDERS;
  const index = (RATE_ORDERS.indexOf(by) + steps + length) % length;
  return { by: RATE_ORDERS[index]!, reversed };
}

/** Returns the queues to show in `room` rows. Those that come by their number come in its order. */
export function orderQueues(queues: readonly QueueRate[], order: RateOrder, room: number): QueueRate[] {
  return sorted(queues, order, queues.length > room).slice(0, room);
}

/** Returns devices in order. Those that miss packets come first. */
export function orderDevices<T extends { readonly rates: DeviceRates }>(
  devices: readonly T[],
  order: RateOrder,
  isCrowded: boolean,
): T[] {
  const rated = devices.map((device) => ({ device, missed: device.rates.missed, ...device.rates.kernel }));
  return sorted(rated, order, isCrowded)
    .sort((a, b) => b.missed - a.missed)
    .map(({ device }) => device);
}

function sorted<T extends Busy>(items: readonly T[], { by, reversed }: RateOrder, isCrowded: boolean): T[] {
  const key = by === 'automatic' ? (isCrowded ? 'busiest' : 'number') : by;
  const ordered = key === 'number' ? [...items] : [...items].sort((a, b) => load(b, key) - load(a, key));
  return reversed ? ordered.reverse() : ordered;
}

function load({ rx, tx }: Busy, key: 'busiest' | 'rx' | 'tx'): number {
  return (key === 'tx' ? 0 : rx.packetsPerSecond) + (key === 'rx' ? 0 : tx.packetsPerSecond);
}
