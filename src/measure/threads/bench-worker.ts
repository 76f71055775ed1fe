import { parentPort } from 'node:worker_threads';
import { describeFailure } from '../../sys/thread-failure.js';
import { UnsupportedEngine } from '../engines/receive-engine.js';
import type { BenchMessage, BenchTask } from './bench-thread.js';
import { floodDevice } from './flood.js';
import { probeRoundTrips } from './probes.js';
import { receiveFrames } from './reception.js';
import { receiveStream, sendStream } from './stream-ends.js';
import { sendFrames } from './transmission.js';

/**
 * The entry of a thread of the bench. It runs one task after another. A task does not return to the event loop before
 * its end.
 */
function run(task: BenchTask): BenchMessage {
  try {
    return { outcome: work(task) };
  } catch (error) {
    if (error instanceof UnsupportedEngine) return { unsupported: error.message };
    return { failure: describeFailure(error) };
  }
}

function work(task: BenchTask): unknown {
  const onReady = () => say('ready');
  switch (task.kind) {
    case 'send':
      return sendFrames(task);
    case 'receive':
      return receiveFrames(task, { onReady, onMeasured: () => say('measured') });
    case 'flood':
      return floodDevice(task, onReady);
    case 'probe':
      return probeRoundTrips(task);
    case 'stream-receive':
      return receiveStream(task, onReady);
    case 'stream-send':
      return sendStream(task);
  }
}

function say(message: BenchMessage): void {
  parentPort!.postMessage(message);
}

parentPort!.on('message', (task: BenchTask) => say(run(task)));
