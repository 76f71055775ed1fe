import test from 'ava';
import { emptyCounts } from '../../../src/tap/counters/queue-counts.js';
import { readQuietMoment } from '../../../src/tap/counters/quiet-moment.js';

/** Readings of received packets, by rtap and by the kernel; the last one repeats. */
function momentOf(rows: readonly (readonly [rtap: number, kernel: number])[]) {
  let reading = -1;
  const row = () => rows[Math.min(reading, rows.length - 1)]!;
  const moment = readQuietMoment(
    () => {
      reading += 1;
      return [{ ...emptyCounts(), rxPackets: row()[0] }];
    },
    () => ({
      rx: { bytes: 0, packets: 0, errors: 0, dropped: 0, over_errors: 0, multicast: 0 },
      tx: { bytes: 0, packets: row()[1], errors: 0, dropped: 0, carrier_errors: 0, collisions: 0 },
    }),
  );
  return [moment.queues[0]!.rxPackets, moment.kernel.tx.packets, reading + 1];
}

test('readQuietMoment returns the reading in which the kernel is ahead least when bursts are under way in others', (t) => {
  t.deepEqual(momentOf([[0, 107], [100, 140], [128, 135], [256, 300], [256, 384]]), [128, 135, 100]); // biome-ignore format: a row a reading
});

test('readQuietMoment finds a late reading in which the two agree', (t) => {
  const stalled = Array.from({ length: 90 }, (_, count) => [count, count + 128] as const);
  t.deepEqual(momentOf([...stalled, [200, 200], [201, 300]]), [200, 200, 100]);
});
