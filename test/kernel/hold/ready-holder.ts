import { start } from '../command.js';
import type { RunningProcess } from '../running-process.js';

/** What these tests read of `rtap show --json`. */
export interface View {
  readonly holder: { readonly pid: number } | null;
  readonly attached: readonly { readonly pid: number; readonly command: string }[];
  readonly leases: readonly {
    readonly pid: number;
    readonly command?: string;
    readonly queues: readonly number[];
  }[];
}

/** Starts a holder with the command line `words`, and settles when it lends queues. */
export async function ready(...words: readonly string[]): Promise<RunningProcess> {
  const holder = start(words);
  await holder.waitFor(/ready/);
  return holder;
}
