import { parentPort, workerData } from 'node:worker_threads';
import { rehearseForwarding } from './forwarding-rehearsal.js';
import { type ForwardingTask, ForwardingThread } from './forwarding-thread.js';
import { describeFailure, type ThreadMessage } from './thread-message.js';

/** The entry of a forwarder's thread: everything it does lies between its first line and its last. */
function run(task: ForwardingTask): ThreadMessage {
  try {
    rehearseForwarding(task.burstFrames);
    using thread = new ForwardingThread(task);
    say('ready');
    return { end: thread.run() };
  } catch (error) {
    return { failure: describeFailure(error) };
  }
}

function say(message: ThreadMessage): void {
  parentPort!.postMessage(message);
}

say(run(workerData as ForwardingTask));
