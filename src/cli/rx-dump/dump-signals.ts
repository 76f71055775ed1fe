import type { Console } from '../console.js';
import type { Undo } from '../undo.js';
import type { DumpOutput } from './dump-output.js';
import type { Ending } from './ending.js';

/**
 * What signals do to a run. SIGHUP goes on in another file where one is written, and ends other runs as SIGINT does: also
 * those whose terminal has gone, which nobody would end any more.
 */
export function watchSignals(
  { output, ending, report }: { output: DumpOutput; ending: Ending; report: () => void },
  console: Console,
  undo: Undo,
): void {
  undo.own(
    console.onStop((signal) => {
      if (signal !== 'SIGHUP' || console.hungUp || !output.rotate()) ending.reach('signal');
    }),
  );
  undo.own(console.onReport(report));
  undo.own(console.onFlush(() => output.flush()));
}
