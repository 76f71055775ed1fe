import { PACKET_OUTGOING } from '../../sys/packet-block.js';
import {
  ADD,
  encodeFilter,
  type Instruction,
  JUMP_IF_EQUAL,
  JUMP_IF_NOT_LESS,
  LOAD_WORD,
  RETURN_ACCUMULATOR,
  RETURN_CONSTANT,
  SKF_AD_OFF,
  SKF_AD_PKTTYPE,
  SKF_AD_QUEUE,
} from '../../sys/socket-filter.js';

/** `out` is what the kernel sends out of the interface, `in` what it receives from it. */
export type WatchDirection = 'in' | 'out' | 'inout';

/** Accepts no frame. */
export const REJECT_ALL = encodeFilter([[RETURN_CONSTANT, 0, 0, 0]]);

/**
 * The program that chooses the socket of a frame in a group: socket 1 for queue 0, socket 2 for queue 1 and so on, and socket 0
 * for queues from `queueCount` on and for a frame of no queue.
 *
 * The kernel stores the index of the queue in a frame that goes out, and that index plus one in a frame that comes in.
 *
 * @param indexes the kernel's index of each queue, -1 for none. Undefined if each is the number of its queue
 */
export function queueProgram(queueCount: number, indexes: readonly number[] = []): Uint8Array {
  return encodeFilter([
    [LOAD_WORD, 0, 0, SKF_AD_OFF + SKF_AD_PKTTYPE],
    [JUMP_IF_EQUAL, 0, 3, PACKET_OUTGOING],
    [LOAD_WORD, 0, 0, SKF_AD_OFF + SKF_AD_QUEUE],
    [ADD, 0, 0, 1],
    // Jumps in any case.
    [JUMP_IF_NOT_LESS, 1, 1, 0],
    [LOAD_WORD, 0, 0, SKF_AD_OFF + SKF_AD_QUEUE],
    ...translations(indexes),
    [JUMP_IF_NOT_LESS, 0, 1, queueCount + 1],
    [RETURN_CONSTANT, 0, 0, 0],
    [RETURN_ACCUMULATOR, 0, 0, 0],
  ]);
}

/** Ends the program for the frames of queues whose index is not their number. The accumulator has the index plus one. */
function translations(indexes: readonly number[]): Instruction[] {
  const moved = [...indexes.entries()].filter(([queue, index]) => index >= 0 && index !== queue);
  return moved.flatMap(([queue, index]): Instruction[] => [
    [JUMP_IF_EQUAL, 0, 1, index + 1],
    [RETURN_CONSTANT, 0, 0, queue + 1],
  ]);
}

/** A filter that keeps the first `bytesMax` bytes of the frames of one direction, or of both. */
export function directionFilter(direction: WatchDirection, bytesMax: number): Uint8Array {
  return withDirection(direction, encodeFilter([[RETURN_CONSTANT, 0, 0, bytesMax]]));
}

/** The filter `program`, for the frames of one direction. `program` is classic BPF, whose jumps are relative. */
export function withDirection(direction: WatchDirection, program: Uint8Array): Uint8Array {
  if (direction === 'inout') return program;
  const accepts: Instruction =
    direction === 'out' ? [JUMP_IF_EQUAL, 1, 0, PACKET_OUTGOING] : [JUMP_IF_EQUAL, 0, 1, PACKET_OUTGOING];
  const prefix = encodeFilter([
    [LOAD_WORD, 0, 0, SKF_AD_OFF + SKF_AD_PKTTYPE],
    accepts,
    [RETURN_CONSTANT, 0, 0, 0],
  ]);
  const joined = new Uint8Array(prefix.length + program.length);
  joined.set(prefix);
  joined.set(program, prefix.length);
  return joined;
}
