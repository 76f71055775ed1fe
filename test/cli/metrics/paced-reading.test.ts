import test from 'ava';
import { PacedReading } from '../../../src/cli/metrics/paced-reading.js';
import { eventually } from '../../kernel/deadline.js';

/** Longer than the test may take. */
const NEVER_MS = 3_600_000;

test('PacedReading reads once for requests that come together, and they share the text', async (t) => {
  let readings = 0;
  const reading = new PacedReading(() => String(++readings), NEVER_MS);
  const texts = await Promise.all(Array.from({ length: 1000 }, () => reading.next()));
  t.is(new Set(texts).size, 1);
  t.is(String(texts[0]), '1');
});

test('PacedReading does not read again before its interval is over, and then reads anew', async (t) => {
  const readAtMs: number[] = [];
  const intervalMs = 50;
  const reading = new PacedReading(() => {
    readAtMs.push(performance.now());
    return String(readAtMs.length);
  }, intervalMs);
  t.is(String(await reading.next()), '1');
  t.is(String(await reading.next()), '2');
  // The clock of timers has whole milliseconds: one may fire early by that.
  t.true(readAtMs[1]! - readAtMs[0]! >= intervalMs - 2);
});

test('PacedReading rejects all requests that wait when its text cannot be made, and reads again later', async (t) => {
  let readings = 0;
  const reading = new PacedReading(() => {
    readings += 1;
    if (readings === 1) throw new Error('gone');
    return 'text';
  }, 1);
  const failed = [reading.next(), reading.next()];
  for (const { reason } of (await Promise.allSettled(failed)) as PromiseRejectedResult[])
    t.is((reason as Error).message, 'gone');
  t.is(String(await reading.next()), 'text');
});

test('PacedReading reads anew for a request that comes during a reading, after that', async (t) => {
  const finish: (() => void)[] = [];
  let running = 0;
  const reading = new PacedReading(async () => {
    running += 1;
    t.is(running, 1, 'one at a time');
    await new Promise<void>((resolve) => finish.push(resolve));
    running -= 1;
    return finish.length;
  }, 1);
  const first = reading.next();
  await eventually(() => finish.length === 1, 'the first reading');
  const second = reading.next();
  t.not(first, second);
  finish[0]!();
  t.is(await first, 1);
  await eventually(() => finish.length === 2, 'the second reading');
  finish[1]!();
  t.is(await second, 2);
});
