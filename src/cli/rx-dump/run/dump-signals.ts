import type { Console } from '../../process/console.js';
import type { Undo } from '../../process/undo.js';
import type { DumpOutput } from './dump-output.js';
import type { Ending } from './ending.js';

/** What signals need of an output; a `DumpOutput` has it. */
export type SignalledOutput = Pick<DumpOutput, 'rotate' | 'flush' | 'hurry'>;

/**
 * Connects signals with a run. SIGHUP makes a run that writes a file go on in another one. It ends any other run as SIGINT
 * does, and every run whose terminal is gone, since no key could end that. A second signal to end makes the run stop
 * waiting for slow readers.
 */
export function watchSignals(
  { output, ending, report }: { output: SignalledOutput; ending: Ending; report: () => void },
  console: Console,
  undo: Undo,
): void {
  undo.own(
    console.onStop((signal) => {
      if (ending.reason !== undefined) output.hurry();
      else if (signal !== 'SIGHUP' || console.hungUp || !output.rotate()) ending.reach('signal');
    }),
  );
  undo.own(console.onReport(report));
  undo.own(console.onFlush(() => output.flush()));
}
