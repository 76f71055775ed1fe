import { type BpfAssembler, R0, R1, R2, R3, R4, R10, type Register } from './bpf-assembler.js';
import { DESTINATION_ADDRESS, DESTINATION_PORT, SOURCE_ADDRESS, SOURCE_PORT } from './frame-fields.js';

/** An odd number with bits spread evenly: 2^64 divided by the golden ratio. */
const MULTIPLIER = 0x9e3779b97f4a7c15n;
/** Leaves the 16 bits that the kernel takes. */
const RESULT_SHIFT = 48;

/**
 * Ends the program with a hash of both addresses and both ports. Both directions of a flow have the same hash: each end is hashed
 * alone, and the two are added. `emitFields` must have run.
 */
export function emitFlowHash(program: BpfAssembler): void {
  program.setLarge(R4, MULTIPLIER);
  emitEnd(program, R0, SOURCE_ADDRESS, SOURCE_PORT);
  emitEnd(program, R2, DESTINATION_ADDRESS, DESTINATION_PORT);
  program.compute('add', R0, R2);
  program.compute('multiply', R0, R4);
  program.compute('shiftRight', R0, RESULT_SHIFT);
  program.exit();
}

/** Hashes an address and a port into `result`. */
function emitEnd(program: BpfAssembler, result: Register, address: number, port: number): void {
  program.load(8, result, R10, address);
  program.fromNetworkOrder(result, 8);
  emitMix(program, result);
  program.load(8, R1, R10, address + 8);
  program.fromNetworkOrder(R1, 8);
  program.compute('add', result, R1);
  emitMix(program, result);
  program.load(2, R1, R10, port);
  program.fromNetworkOrder(R1, 2);
  program.compute('add', result, R1);
  emitMix(program, result);
}

/** Multiplies by R4, and brings the upper half, which depends on all bits, down to the lower one. */
function emitMix(program: BpfAssembler, result: Register): void {
  program.compute('multiply', result, R4);
  program.compute('set', R3, result);
  program.compute('shiftRight', R3, 32);
  program.compute('xor', result, R3);
}
