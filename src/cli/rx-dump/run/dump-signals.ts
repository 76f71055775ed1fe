import type { Console } from '../../process/console.js';
import type { Undo } from '../../process/undo.js';
import type { DumpOutput } from './dump-output.js';
import type { Ending } from './ending.js';

/** What signals ask of an output; a `DumpOutput` is one. */
export type SignalledOutput = Pick<DumpOutput, 'rotate' | 'flush' | 'hurry'>;

/**
 * What signals do to a run. SIGHUP goes on in another file where one is written, and ends other runs as SIGINT does: also
 * those whose terminal has gone, which nobody would end any more. A run that is ending already, and is told to, waits for no
 * slow reader.
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
