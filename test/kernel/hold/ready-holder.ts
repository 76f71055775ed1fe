import { json, start } from '../command.js';
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

/** What `rtap show --json` tells of a held device. */
export interface HeldView extends View {
  readonly disabled: readonly number[];
  readonly kernel_queues: readonly (number | null)[];
}

/** Shows the device `name` until its holder has answered, which can take long on a busy machine, and the view is as wanted. */
export async function eventuallyShown(
  name: string,
  isWanted: (view: HeldView) => boolean = () => true,
): Promise<HeldView> {
  for (;;) {
    const view = await json<HeldView | { readonly leases: null }>('show', name);
    if (view.leases !== null && isWanted(view)) return view;
  }
}
