import type { Console } from '../process/console.js';
import { GapCuts } from './gap-cuts.js';
import type { InjectOptions } from './inject-arguments.js';
import { Lateness } from './sending/lateness.js';
import { PacingClock } from './sending/pacing-clock.js';
import { RunLedger } from './sending/run-ledger.js';

/** What a run counts and measures. */
export class RunBooks {
  readonly ledger: RunLedger;
  readonly clock = new PacingClock();
  /** Undefined if frames have no due times. */
  readonly lateness: Lateness | undefined;
  /** Undefined if pauses are not cut. */
  readonly gapCuts: GapCuts | undefined;
  /** Brings `ledger` up to date while frames are sent. */
  settle = () => {};

  /** Calls `onDown` when the first frame is refused because the device is down. */
  constructor({ timing }: InjectOptions, console: Console, onDown: () => void) {
    if (timing.kind === 'recorded' && timing.gapSecondsMax !== Infinity)
      this.gapCuts = new GapCuts(timing.gapSecondsMax, (text) => console.note(text));
    this.lateness = timing.kind === 'topspeed' ? undefined : new Lateness();
    this.ledger = new RunLedger((code) => {
      if (code === 'EIO') onDown();
    });
  }

  /** Offered and accepted frames so far. */
  count(): { readonly offered: number; readonly accepted: number } {
    this.settle();
    return this.ledger.total();
  }
}
