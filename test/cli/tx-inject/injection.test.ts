import test from 'ava';
import { type DueTimes, RecordedPace, SteadyRate, TopSpeed } from '../../../src/cli/tx-inject/due-times.js';
import { Injection, type InjectionBounds } from '../../../src/cli/tx-inject/injection.js';
import { PacingClock } from '../../../src/cli/tx-inject/sending/pacing-clock.js';
import type { FrameSource } from '../../../src/cli/tx-inject/sources/frame-source.js';
import { HexSource } from '../../../src/cli/tx-inject/sources/hex-source.js';
import { MalformedError, SystemError } from '../../../src/errors.js';

const UNBOUND: InjectionBounds = { loops: 1, limit: Infinity, durationSeconds: Infinity };
const FRAMES = [Uint8Array.of(1), Uint8Array.of(2), Uint8Array.of(3)];

/** Records the calls to a transmission: the number of each frame, and `|` for a flush. */
class Recorder {
  readonly done: (number | '|')[] = [];
  readonly #goneAfter: number;

  /** After `goneAfter` of these the device is gone. */
  constructor(goneAfter = Infinity) {
    this.#goneAfter = goneAfter;
  }

  get gone(): boolean {
    return this.done.length >= this.#goneAfter;
  }

  add(source: FrameSource): void {
    this.done.push(source.frame[0]!);
  }

  finish(): void {}

  flush(): void {
    if (this.done.at(-1) !== '|' && this.done.length > 0) this.done.push('|');
  }
}

/** A clock that jumps to the time for which it waits, and starts `late` seconds late. */
class PunctualClock extends PacingClock {
  #now = 0;

  constructor(late = 0) {
    super();
    this.#now = late;
  }

  override mayGo(due: number): boolean {
    return due <= this.#now;
  }

  override get lastSeen(): number {
    return this.#now;
  }

  override async until(due: number): Promise<void> {
    this.#now = Math.max(this.#now, due);
  }
}

interface Wanted {
  readonly clock?: PacingClock;
  readonly bounds?: Partial<InjectionBounds>;
  readonly dueTimes?: DueTimes;
  readonly goneAfter?: number;
  readonly stopped?: () => boolean;
}

async function run(
  source: FrameSource,
  {
    bounds = {},
    dueTimes = new TopSpeed(),
    clock = new PacingClock(),
    goneAfter = Infinity,
    stopped = () => false,
  }: Wanted,
) {
  const recorder = new Recorder(goneAfter);
  const injection = new Injection(
    { source, dueTimes, clock, transmission: recorder, stopped },
    { ...UNBOUND, ...bounds },
  );
  const fault = await injection.run();
  return { done: recorder.done, fault, seconds: clock.seconds, fraction: injection.fraction };
}

test('Injection sends the source once, and flushes at the end', async (t) => {
  const { done, fault, fraction } = await run(new HexSource(FRAMES), {});
  t.deepEqual(done, [1, 2, 3, '|']);
  t.is(fault, undefined);
  t.is(fraction, 1);
});

test('Injection sends the wanted loops, and the wanted frames of them', async (t) => {
  t.deepEqual((await run(new HexSource(FRAMES), { bounds: { loops: 2 } })).done, [1, 2, 3, 1, 2, 3, '|']);
  t.deepEqual((await run(new HexSource(FRAMES), { bounds: { loops: Infinity, limit: 5 } })).done, [
    1,
    2,
    3,
    1,
    2,
    '|',
  ]);
  t.deepEqual((await run(new HexSource(FRAMES), { bounds: { limit: 2 } })).done, [1, 2, '|']);
});

test('Injection ends an endless run when an event stops it, when its device has gone, when its time is up, and when there is nothing to send', async (t) => {
  const endless = { loops: Infinity };
  let isStopped = false;
  setTimeout(() => {
    isStopped = true;
  }, 1);
  const stopped = await run(new HexSource(FRAMES), { bounds: endless, stopped: () => isStopped });
  t.true(isStopped);
  t.is(stopped.done.at(-1), '|');
  t.is((await run(new HexSource(FRAMES), { bounds: endless, goneAfter: 1000 })).done.length, 1001);
  const timed = await run(new HexSource(FRAMES), { bounds: { ...endless, durationSeconds: 0.02 } });
  t.true(timed.seconds >= 0.02 && timed.seconds < 10);
  t.deepEqual((await run(new HexSource([]), { bounds: endless })).done, []);
});

test('Injection sends frames that are due before the end of its duration, and no others', async (t) => {
  const dueTimes = new SteadyRate({ packetsPerSecond: 1000 });
  const bounds = { loops: Infinity, durationSeconds: 0.05 };
  const { done } = await run(new HexSource(FRAMES), { dueTimes, bounds, clock: new PunctualClock() });
  t.is(done.filter((item) => item !== '|').length, 50);
});

test('Injection sends late frames within limits when the machine was busy', async (t) => {
  const dueTimes = new SteadyRate({ packetsPerSecond: 100 });
  const bounds = { loops: Infinity, durationSeconds: 0.1 };
  const late = await run(new HexSource(FRAMES), { dueTimes, bounds, clock: new PunctualClock(0.04) });
  t.is(late.done.filter((item) => item !== '|').length, 10);
  const lost = await run(new HexSource(FRAMES), { dueTimes, bounds, clock: new PunctualClock(0.4) });
  t.deepEqual(lost.done, []);
});

test('Injection flushes before it waits', async (t) => {
  const dueTimes = new SteadyRate({ packetsPerSecond: 50 });
  const { done } = await run(new HexSource(FRAMES), { dueTimes, clock: new PunctualClock() });
  t.deepEqual(done, [1, '|', 2, '|', 3, '|']);
});

/** The progress after four of a hundred frames and `seconds`. `span` is their recorded time, undefined for unknown. */
function standing(span: number | undefined, bounds: Partial<InjectionBounds>, seconds = 2) {
  const spans = span === undefined ? {} : { recordedTimes: [0, span] };
  const source = Object.assign(new HexSource(Array.from({ length: 100 }, () => Uint8Array.of(1))), spans);
  const clock = new PunctualClock();
  Object.defineProperty(clock, 'seconds', { get: () => seconds });
  const transmission = new Recorder(4);
  const dueTimes = new RecordedPace(2);
  const parts = { source, dueTimes, clock, transmission, stopped: () => false };
  const injection = new Injection(parts, { ...UNBOUND, ...bounds });
  return injection.run().then(() => [injection.fraction, injection.readFraction]);
}

test('Injection derives its progress from recorded times when they are known', async (t) => {
  t.deepEqual(await standing(8, {}), [0.5, undefined], 'eight seconds at double speed');
  t.deepEqual(await standing(800, { durationSeconds: 4 }), [0.5, undefined]);
  t.deepEqual(await standing(2, {}), [1, undefined]);
  t.deepEqual(await standing(undefined, { loops: Infinity, durationSeconds: 4 }), [0.5, undefined]);
});

test('Injection knows only how much is read when recorded times are unknown', async (t) => {
  t.deepEqual(await standing(undefined, {}), [undefined, 0.04]);
  t.deepEqual(await standing(undefined, { limit: 8 }), [undefined, 0.5]);
  t.deepEqual(await standing(undefined, { loops: Infinity }), [undefined, undefined]);
});

/** Two frames, then `fault`. */
function faultySource(fault: Error): FrameSource {
  const source = new HexSource(FRAMES);
  const next = source.next.bind(source);
  let count = 0;
  source.next = () => {
    if (++count > 2) throw fault;
    return next();
  };
  return source;
}

test('Injection sends the frames before a fault, and returns the fault', async (t) => {
  const faults = [
    new MalformedError('cannot read', 0),
    new RangeError('cannot repeat standard input'),
    Object.assign(new Error('read'), { code: 'EIO', syscall: 'read' }),
  ];
  for (const fault of faults) {
    const outcome = await run(faultySource(fault), {});
    t.deepEqual(outcome.done, [1, 2, '|']);
    t.is(outcome.fault, fault);
  }
});

test('Injection throws the error of the device', async (t) => {
  const fault = new SystemError('cannot send', { errno: 12, code: 'ENOMEM', syscall: 'io_uring_enter' });
  await t.throwsAsync(run(faultySource(fault), {}), { is: fault });
});

test('Injection cancels a source that waits when its duration is over', async (t) => {
  let cancel = () => {};
  const source: FrameSource = Object.assign(new HexSource(FRAMES), {
    refill: () =>
      new Promise<boolean>((resolve) => {
        cancel = () => resolve(false);
      }),
    cancel: () => cancel(),
  });
  const begunMs = performance.now();
  const { done, seconds } = await run(source, { bounds: { loops: Infinity, durationSeconds: 0.05 } });
  t.deepEqual(done, [1, 2, 3, '|']);
  // The run's own time begins with its first frame, on a busy machine later than the timer.
  t.true(performance.now() - begunMs >= 49 && seconds < 10);
});
