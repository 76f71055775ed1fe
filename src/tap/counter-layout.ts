import { LITTLE_ENDIAN } from '../sys/platform.js';
import { QUEUE_COUNTER_NAMES } from './queue-counters.js';

// A counter file: a header, then one block per queue. All in the byte order of the machine: it never leaves it. Bytes.
export const COUNTER_MAGIC = 0; //  char[8]
export const COUNTER_PID = 8; //    u32, the writer
export const COUNTER_ROLE = 12; //  u32, ROLE_*
export const COUNTER_QUEUES = 16; // u32, number of blocks
export const COUNTER_HEADER_SIZE = 64;

/** One block: doubles in the order of QUEUE_COUNTER_NAMES, padded to two cache lines. */
export const COUNTER_BLOCK_SIZE = 128;

/** Changes with the layout, so that an older rtap's file is passed over, not misread. */
const MAGIC = 'rtapcnt1';

/** What the writer does with the device's queues. */
export const ROLE_READER = 1;
export const ROLE_SENDER = 2;
export const ROLE_KEEPER = 3;

export interface CounterHeader {
  readonly pid: number;
  readonly role: number;
  readonly queueCount: number;
}

/** Bytes of the file of a writer with `queueCount` queues. */
export function counterFileSize(queueCount: number): number {
  return COUNTER_HEADER_SIZE + queueCount * COUNTER_BLOCK_SIZE;
}

export function encodeCounterHeader(header: CounterHeader): Uint8Array {
  const bytes = new Uint8Array(COUNTER_HEADER_SIZE);
  const view = new DataView(bytes.buffer);
  bytes.set(new TextEncoder().encode(MAGIC), COUNTER_MAGIC);
  view.setUint32(COUNTER_PID, header.pid, LITTLE_ENDIAN);
  view.setUint32(COUNTER_ROLE, header.role, LITTLE_ENDIAN);
  view.setUint32(COUNTER_QUEUES, header.queueCount, LITTLE_ENDIAN);
  return bytes;
}

/** The header of a counter file, or undefined where `bytes` is not one, or not all of one. */
export function decodeCounterHeader(bytes: Uint8Array): CounterHeader | undefined {
  if (bytes.byteLength < COUNTER_HEADER_SIZE) return undefined;
  const magic = new TextDecoder().decode(bytes.subarray(COUNTER_MAGIC, COUNTER_MAGIC + MAGIC.length));
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const queueCount = view.getUint32(COUNTER_QUEUES, LITTLE_ENDIAN);
  if (magic !== MAGIC || bytes.byteLength < counterFileSize(queueCount)) return undefined;
  return {
    pid: view.getUint32(COUNTER_PID, LITTLE_ENDIAN),
    role: view.getUint32(COUNTER_ROLE, LITTLE_ENDIAN),
    queueCount,
  };
}

/** The counters of queue `number`, where they lie: writing them writes the file. */
export function counterBlock(bytes: Uint8Array, number: number): Float64Array {
  const at = bytes.byteOffset + COUNTER_HEADER_SIZE + number * COUNTER_BLOCK_SIZE;
  return new Float64Array(bytes.buffer, at, QUEUE_COUNTER_NAMES.length);
}
