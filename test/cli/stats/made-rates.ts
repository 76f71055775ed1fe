import type { DeviceRates, DirectionRate } from '../../../src/cli/stats/rate-sample.js';

/** What `ratesOf` puts beside the queues. */
interface MadeRates {
  readonly name?: string;
  readonly missed?: number;
  readonly unread?: readonly number[];
}

/** Rates of a device over one second. A row has the packets that a queue received and sent, of 100 bytes each. */
export function ratesOf(
  rows: readonly (readonly [rx: number, tx: number])[],
  { name = 'io0', missed = 0, unread = [] }: MadeRates = {},
): DeviceRates {
  const sum = (direction: 0 | 1) => rows.reduce((total, row) => total + row[direction], 0);
  const rx = rateOf(sum(0));
  const tx = rateOf(sum(1));
  const all = sum(0) + sum(1);
  const queues = rows.map(([received, sent], queue) => ({
    queue,
    share: all === 0 ? 0 : (received + sent) / all,
    rx: rateOf(received),
    tx: rateOf(sent),
  }));
  const kernel = { rx, tx };
  return {
    name,
    ifindex: 7,
    seconds: 1,
    source: 'rtap',
    rx,
    tx,
    missed,
    missedPerSecond: missed,
    unread,
    queues,
    kernel,
  };
}

function rateOf(packets: number): DirectionRate {
  const bytes = packets * 100;
  return { packets, bytes, errors: 0, packetsPerSecond: packets, bitsPerSecond: bytes * 8 };
}
