import { parentPort, workerData } from 'node:worker_threads';
import { SystemError } from '../../errors.js';
import { type ForwardingTask, ForwardingThread } from './forwarding-thread.js';
import { warmUpForwarding } from './forwarding-warm-up.js';
import { describeFailure, type ThreadMessage } from './thread-message.js';

/** The entry of a forwarder's thread: everything it does lies between its first line and its last. */
function run(task: ForwardingTask): ThreadMessage {
  try {
    warmUp(task.burstFrames);
    using thread = new ForwardingThread(task);
    say('ready');
    return { end: thread.run() };
  } catch (error) {
    return { failure: describeFailure(error) };
  }
}

/** Without one the first frames take longer, no more. What forwarding itself lacks is said in its own words. */
function warmUp(burstFrames: number): void {
  try {
    warmUpForwarding(burstFrames);
  } catch (error) {
    if (!(error instanceof SystemError)) throw error;
  }
}

function say(message: ThreadMessage): void {
  parentPort!.postMessage(message);
}

say(run(workerData as ForwardingTask));
