import { basename } from 'node:path';
import { becomeProgram, readStreamFlags } from '../../sys/program-start.js';
import { LentQueues } from '../../tap/queue/lent-queues.js';
import { parseQueueSelection } from '../arguments/queue-selection.js';
import { plural } from '../output/plural.js';
import { assertRunnable, notRunnable } from '../process/command-lookup.js';
import type { Console } from '../process/console.js';
import { fillPlaceholders } from './lent-words.js';

/** The options of `rtap lend`, as typed. */
export interface LendArguments {
  readonly queue: string;
  readonly backlog?: boolean;
}

/** `rtap lend`: takes queues of the device `name`, and becomes the program that `words` name. Returns only by an error. */
export function runLend(
  name: string,
  words: readonly [string, ...string[]],
  given: LendArguments,
  console: Console,
): void {
  const streamFlags = readStreamFlags();
  const selection = parseQueueSelection(given.queue);
  const [program] = words;
  // Before a lease begins, and frames are discarded.
  assertRunnable(program);
  using queues = LentQueues.take(name, {
    ...(selection === 'all' ? {} : { queueNumbers: selection }),
    command: basename(program),
  });
  const { descriptors } = queues;
  const filled = fillPlaceholders(words, descriptors);
  const discarded = given.backlog === true ? 0 : queues.discardBacklog();
  if (discarded > 0)
    console.note(`lend: ${plural(discarded, 'waiting packet')} discarded (--backlog keeps them)`);
  if (!queues.lasting)
    console.warn(
      `the holder of ${name}, or its kernel, cannot tell when a process ends: the lease ends when ${program} closes descriptor ${queues.connection}`,
    );
  const code = becomeProgram({
    words: filled,
    descriptors: queues.connection === undefined ? descriptors : [...descriptors, queues.connection],
    environment: { RTAP_FDS: descriptors.join(':'), RTAP_QUEUES: String(descriptors.length) },
    streamFlags,
  });
  throw notRunnable(program, code);
}
