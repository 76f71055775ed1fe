import { NamespaceAnchor } from '../../tap/link/network-namespace.js';
import type { Program } from '../arguments/command-line.js';
import type { Console } from '../process/console.js';
import { StopRequest } from '../process/stop-request.js';
import { Batch } from './batch.js';
import { BatchInput } from './batch-input.js';
import type { CommandLine } from './command-lines.js';

/** The options of `rtap batch`. */
export interface BatchOptions {
  readonly keepGoing?: boolean;
  readonly json?: boolean;
}

/** `rtap batch`: runs the commands that the lines of a file or a pipe have, in this process. */
export async function runBatch(
  path: string,
  { keepGoing = false, json = false }: BatchOptions,
  program: Program,
  console: Console,
): Promise<void> {
  using input = new BatchInput(path, console);
  using home = new NamespaceAnchor();
  using stop = new StopRequest(console);
  void stop.happened.then(() => input.cancel());
  const batch = new Batch({ program, console, json, inputTaken: input.standard }, keepGoing);
  if (!input.whole) return await batch.run(input.lines(), { home, stop });
  const lines: CommandLine[] = [];
  for await (const line of input.lines()) lines.push(line);
  if (await batch.check(lines)) await batch.run(lines, { home, stop });
}
