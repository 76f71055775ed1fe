// What a thread and the one that feeds it share beside the frames: words of 32 bits, changed through Atomics. Counts wrap.

/** Of a lane: bursts that were handed over. */
export const LANE_HANDED = 0;
/** Of a lane: bursts that were sent. */
export const LANE_SENT = 1;
const LANE_WORDS = 2;

/** Of a thread: changes when it has something to do. It sleeps on this word. */
export const THREAD_WAKE = 0;
/** Of a thread: 0 while it is to send, then ENDING. */
export const THREAD_STATE = 1;
/** Of a thread: bytes of the description of the error that ended it; 0 for none. */
export const THREAD_FAILURE = 2;
const THREAD_WORDS = 3;

/** The thread sends what was handed over, then ends. */
export const ENDING = 1;

/** Room for the description of an error. Bytes. */
const FAILURE_BYTES_MAX = 4096;

/** The words of a lane, all 0. */
export function allocateLaneWords(): SharedArrayBuffer {
  return new SharedArrayBuffer(LANE_WORDS * Int32Array.BYTES_PER_ELEMENT);
}

/** The words of a thread, all 0, and behind them the description of the error that ended it. */
export function allocateThreadWords(): SharedArrayBuffer {
  return new SharedArrayBuffer(THREAD_WORDS * Int32Array.BYTES_PER_ELEMENT + FAILURE_BYTES_MAX);
}

/** The words in the memory of a thread. */
export function threadWords(memory: SharedArrayBuffer): Int32Array {
  return new Int32Array(memory, 0, THREAD_WORDS);
}

/** The room for the description of an error. */
export function failureBytes(memory: SharedArrayBuffer): Uint8Array {
  return new Uint8Array(memory, THREAD_WORDS * Int32Array.BYTES_PER_ELEMENT, FAILURE_BYTES_MAX);
}

/**
 * Bursts in flight at which the thread that sends wakes the one that fills: half of all, so that a thread that sends
 * slowly does not wake it for each burst.
 */
export function wakingCount(bursts: number): number {
  return Math.floor(bursts / 2);
}
