import { type BpfAssembler, type Label, type Operand, R0, R1, R2, R3, R4, R5 } from './bpf-assembler.js';
import type { SteeringRange } from './steering-map.js';

const WORD_BITS = 32n;
const HALF_BITS = 64n;
const HALF_MASK = (1n << HALF_BITS) - 1n;

/** The value that a search looks for: in R2 if it has up to 32 bits, else its high half in R2 and its low half in R3. */
const VALUE = R2;
const LOW_HALF = R3;

/**
 * Ends the program with the queue of the value, found by halving. Jumps to `otherwise` if the value is in no range.
 *
 * @param ranges rising, at least one, all of the same number of bits
 */
export function emitRangeSearch(
  program: BpfAssembler,
  ranges: readonly SteeringRange[],
  otherwise: Label,
): void {
  if (ranges[0]!.bits !== 128) {
    emitHalves(program, ranges, { compare: compareNarrow, choose: chooseNarrow, otherwise });
    return;
  }
  const remainder = program.label();
  const choose: Search['choose'] = (of, range) => chooseWide(of, range, remainder);
  emitHalves(program, ranges, { compare: compareWide, choose, otherwise });
  // The verifier refuses a program with instructions that nothing leads to.
  if (ranges.every(({ firstQueue, lastQueue }) => firstQueue === lastQueue)) return;
  program.place(remainder);
  emitWideRemainder(program);
}

interface Search {
  /** Jumps if the value is `below` or `above` the limit. */
  compare(program: BpfAssembler, comparison: 'below' | 'above', limit: bigint, to: Label): void;
  /** Ends the program with the queue of the value, which is in the range. */
  choose(program: BpfAssembler, range: SteeringRange): void;
  readonly otherwise: Label;
}

function emitHalves(program: BpfAssembler, ranges: readonly SteeringRange[], search: Search): void {
  const [range] = ranges;
  if (range === undefined) return;
  if (ranges.length === 1) {
    search.compare(program, 'below', range.first, search.otherwise);
    search.compare(program, 'above', range.last, search.otherwise);
    search.choose(program, range);
    return;
  }
  const middle = ranges.length >> 1;
  const upper = program.label();
  search.compare(program, 'above', ranges[middle - 1]!.last, upper);
  emitHalves(program, ranges.slice(0, middle), search);
  program.place(upper);
  emitHalves(program, ranges.slice(middle), search);
}

function compareNarrow(program: BpfAssembler, comparison: 'below' | 'above', limit: bigint, to: Label): void {
  program.jumpIf32(comparison, VALUE, Number(limit), to);
}

/** Compares the high halves, and the low ones if those are equal. */
function compareWide(program: BpfAssembler, comparison: 'below' | 'above', limit: bigint, to: Label): void {
  const decided = program.label();
  program.setLarge(R4, limit >> HALF_BITS);
  program.jumpIf(comparison, VALUE, R4, to);
  program.jumpIf('notEqual', VALUE, R4, decided);
  program.setLarge(R4, limit & HALF_MASK);
  program.jumpIf(comparison, LOW_HALF, R4, to);
  program.place(decided);
}

function chooseNarrow(program: BpfAssembler, { first, firstQueue, lastQueue }: SteeringRange): void {
  const queueCount = lastQueue - firstQueue + 1;
  if (queueCount === 1) {
    program.compute('set', R0, firstQueue);
  } else {
    program.compute('set', R0, VALUE);
    program.setLarge(R1, first);
    program.compute('subtract', R0, R1);
    program.compute('modulo', R0, queueCount);
    program.compute('add', R0, firstQueue);
  }
  program.exit();
}

/** Leaves the remainder to the end of the program, which serves all ranges: it is long. */
function chooseWide(
  program: BpfAssembler,
  { first, firstQueue, lastQueue }: SteeringRange,
  remainder: Label,
): void {
  const queueCount = lastQueue - firstQueue + 1;
  if (queueCount === 1) {
    program.compute('set', R0, firstQueue);
    program.exit();
    return;
  }
  const queues = BigInt(queueCount);
  program.compute('set', R1, queueCount);
  // What is added to the remainder of the value, so that it becomes that of (value - first).
  program.compute('set', R5, Number((queues - (first % queues)) % queues));
  program.compute('set', R0, firstQueue);
  program.jump(remainder);
}

/** Ends the program with R0 + (value + R5) modulo R1. */
function emitWideRemainder(program: BpfAssembler): void {
  emitWideModulo(program, R1);
  program.compute('add', VALUE, R5);
  program.compute('modulo', VALUE, R1);
  program.compute('add', R0, VALUE);
  program.exit();
}

/** Puts the value of 128 bits modulo `modulus`, which is below 2^32, into R2, word for word. Changes R3 and R4. */
export function emitWideModulo(program: BpfAssembler, modulus: Operand): void {
  program.compute('modulo', VALUE, modulus);
  for (const shift of [Number(WORD_BITS), 0]) {
    program.compute('set', R4, LOW_HALF);
    if (shift > 0) program.compute('shiftRight', R4, shift);
    else {
      program.compute('shiftLeft', R4, Number(WORD_BITS));
      program.compute('shiftRight', R4, Number(WORD_BITS));
    }
    program.compute('shiftLeft', VALUE, Number(WORD_BITS));
    program.compute('add', VALUE, R4);
    program.compute('modulo', VALUE, modulus);
  }
}
