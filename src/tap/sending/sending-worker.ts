import { parentPort, workerData } from 'node:worker_threads';
import { describeFailure } from '../../sys/thread-failure.js';
import { failureBytes, THREAD_FAILURE, threadWords } from './lane-words.js';
import { type SendingTask, SendingThread } from './sending-thread.js';

/** The entry of a thread that sends: everything that the thread does happens during this call. */
function run(task: SendingTask): void {
  try {
    using thread = new SendingThread(task);
    parentPort!.postMessage('ready');
    thread.run();
  } catch (error) {
    report(error, task.words);
  }
}

/** Writes the error where the other thread sees it without its event loop: it may be waiting for this one. */
function report(error: unknown, words: SharedArrayBuffer): void {
  const room = failureBytes(words);
  const text = new TextEncoder().encode(JSON.stringify(describeFailure(error))).subarray(0, room.length);
  room.set(text);
  Atomics.store(threadWords(words), THREAD_FAILURE, text.length);
}

run(workerData as SendingTask);
