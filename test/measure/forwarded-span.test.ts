import test from 'ava';
import { sampleSpan } from '../../src/measure/forwarding-measurement.js';

const FRAME_BITS = 512;

/** A forwarder that carries frames at chosen moments alone: when something is read or waited for. */
class ScriptedForwarder {
  halted = false;
  frames = 0;
  #seconds = 0;
  readonly #log: string[] = [];
  readonly #runsAfter: ReadonlySet<string>;

  /** @param runsAfter readings and pauses behind which it carries 10 frames in 1 ms, as `count 1` or `pause 2` */
  constructor(...runsAfter: readonly string[]) {
    this.#runsAfter = new Set(runsAfter);
  }

  get processorSeconds(): number {
    const seconds = this.#seconds;
    this.#note('processor');
    return seconds;
  }

  count = (): { readonly frames: number; readonly bits: number } => {
    const { frames } = this;
    this.#note('count');
    return { frames, bits: frames * FRAME_BITS };
  };

  pause = async (): Promise<void> => {
    this.#note('pause');
  };

  #note(what: string): void {
    this.#log.push(what);
    const moment = `${what} ${this.#log.filter((noted) => noted === what).length}`;
    if (!this.#runsAfter.has(moment)) return;
    this.frames += 10;
    this.#seconds += 0.001;
  }
}

const TIMING = { warmMs: 0, durationMs: 0 };

for (const moment of ['processor 1', 'count 1', 'pause 2', 'count 2', 'pause 3']) {
  test(`sampleSpan has processor time for each frame when a thread runs behind ${moment} alone`, async (t) => {
    const forwarder = new ScriptedForwarder(moment, 'pause 5');
    const span = await sampleSpan(forwarder, forwarder, TIMING, forwarder.count);
    t.true(span.frames > 0);
    t.is(span.bits, span.frames * FRAME_BITS);
    t.true(span.processorSeconds >= span.frames * 0.0001 - 1e-9, JSON.stringify(span));
  });
}
