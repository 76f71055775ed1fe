import { start } from '../command.js';
import type { ProcessOptions, RunningProcess } from '../running-process.js';

/** Starts `rtap fwd`, and returns when it carries frames. */
export async function startForwarder(
  words: readonly string[],
  options: ProcessOptions = {},
): Promise<RunningProcess> {
  const forwarder = start(['fwd', ...words], options);
  await forwarder.waitFor(/^fwd: .* <-> .*, \d+ threads?$/m, 'stderr');
  return forwarder;
}

/** What `rtap fwd --json` prints at the end. */
export interface ForwardingReport {
  readonly threads: number;
  readonly seconds: number;
  readonly directions: readonly [DirectionReport, DirectionReport];
}

export interface DirectionReport {
  readonly from: string;
  readonly to: string;
  readonly received: number;
  readonly receivedBytes: number;
  readonly sent: number;
  readonly sentBytes: number;
  readonly missed: number;
  readonly refused: Readonly<Record<string, number>>;
  readonly discarded: number;
  readonly unusable: number;
  readonly waits: number;
  readonly queues: readonly {
    readonly from: number;
    readonly to: number;
    readonly received: number;
    readonly sent: number;
  }[];
}

/** The last object on its standard output. */
export function reportIn(stdout: string): ForwardingReport {
  return JSON.parse(stdout.trimEnd().split('\n').at(-1)!) as ForwardingReport;
}
