import { parentPort, workerData } from 'node:worker_threads';
import { SystemError } from '../../errors.js';
import { describeFailure } from '../../sys/thread-failure.js';
import { type ForwardingTask, ForwardingThread } from './forwarding-thread.js';
import { warmUpForwarding } from './forwarding-warm-up.js';
import type { ThreadMessage } from './thread-message.js';

/** The entry of a forwarder's thread: everything that the thread does happens during this call. */
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

/**
 * Ignores what the system refuses: without a warm-up only the first frames take longer, and forwarding reports its
 * own errors.
 */
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
