import { constants, openSync } from 'node:fs';
import { fileRefused } from '../../tap/state/file-refusal.js';
import { plural } from '../output/plural.js';
import type { Console } from '../process/console.js';
import type { RunCounts } from '../rx-dump/run/count-report.js';
import { CaptureConsole } from './capture-console.js';
import { type CaptureArguments, filtersOf, joinFilters, readMode } from './capture-options.js';
import { assertFilter } from './filter-check.js';
import { deviceOf } from './interface-value.js';

/**
 * Captures from the device of `given` into `fifo` until Wireshark closes it or sends a signal. Prints on standard error only what
 * Wireshark is to show: why the capture failed, or what it lacks.
 */
export async function runCapture(fifo: string, given: CaptureArguments, console: Console): Promise<void> {
  holdOpen(fifo);
  const quiet = new CaptureConsole(console);
  report(await capture(fifo, given, quiet), quiet, console);
}

/**
 * Opens the pipe before anything can fail: Wireshark waits for ever for a program that does not open it. Nothing closes the descriptor
 * before this process ends: when the pipe closes, Wireshark sends SIGTERM and reads no more of standard error.
 */
function holdOpen(fifo: string): void {
  try {
    // It creates no file: a name that is wrong is an error.
    openSync(fifo, constants.O_WRONLY);
  } catch (error) {
    if (!(error instanceof Error && 'code' in error)) throw error;
    throw fileRefused('write', fifo, String(error.code));
  }
}

async function capture(fifo: string, given: CaptureArguments, console: Console): Promise<RunCounts> {
  const device = deviceOf(given.extcapInterface);
  const mode = readMode(given);
  const filters = filtersOf(given);
  // Checked one by one, so that the error quotes the filter that has the mistake, and not the joined one.
  if (filters.length > 1) for (const filter of filters) assertFilter(filter);
  const { queue = 'all', direction = 'inout', snapshotLength, bufferSize } = given;
  const options = { write: fifo, queue, ...(snapshotLength === undefined ? {} : { snapshotLength }) };
  if (mode === 'take') {
    const { readDumpOptions } = await import('../rx-dump/run/dump-arguments.js');
    const { runDump } = await import('../rx-dump/run/dump-run.js');
    return runDump(device, readDumpOptions(options, [joinFilters(filters)]), console);
  }
  const { readSniffOptions } = await import('../sniff/sniff-arguments.js');
  const { runSniff } = await import('../sniff/sniff-run.js');
  const watched = {
    ...options,
    direction,
    promiscuousMode: true,
    ...(bufferSize === undefined ? {} : { bufferSize }),
  };
  return runSniff(device, readSniffOptions(watched, [joinFilters(filters)]), console);
}

/** Always reports missing frames. Prints warnings only if no frame came: they may be the reason. */
function report({ captured, missed, unwritten }: RunCounts, quiet: CaptureConsole, console: Console): void {
  if (missed > 0)
    console.warn(
      `${plural(missed, 'packet')} missing in this capture: the kernel dropped them before rtap could read them`,
    );
  if (unwritten > 0)
    console.warn(`${plural(unwritten, 'packet')} missing in this capture: Wireshark reads too slowly`);
  if (captured === 0) for (const warning of quiet.warnings) console.warn(warning);
}
