import { describeQueues } from '../arguments/queue-selection.js';
import { HintedError } from '../errors/usage-error.js';

/** All queues of a device that nobody holds are attached, and what an unread one gets is lost. */
export function partOfUnheld(name: string, numbers: readonly number[]): Error {
  const message = `cannot forward ${describeQueues(numbers)} of "${name}" alone: nobody holds the others`;
  return new HintedError(message, `rtap hold ${name} --detach keeps them, and lends these`);
}

/** What leaves a device would come back into it. */
export function sameDevice([name, peer]: readonly [string, string]): Error {
  const message = `cannot forward between "${name}" and "${peer}": they are one device`;
  return new HintedError(message, 'two are wanted; --peer-netns tells where the second is');
}
