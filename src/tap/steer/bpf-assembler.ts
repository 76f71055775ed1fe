import { ArgumentRangeError, ArgumentTypeError } from '../../errors.js';
import {
  BPF_ADD,
  BPF_ALU,
  BPF_ALU64,
  BPF_AND,
  BPF_B,
  BPF_CALL,
  BPF_DW,
  BPF_END,
  BPF_EXIT,
  BPF_H,
  BPF_IMM,
  BPF_JA,
  BPF_JEQ,
  BPF_JGT,
  BPF_JLT,
  BPF_JMP,
  BPF_JMP32,
  BPF_JNE,
  BPF_K,
  BPF_LD,
  BPF_LDX,
  BPF_LSH,
  BPF_MEM,
  BPF_MOD,
  BPF_MOV,
  BPF_MUL,
  BPF_RSH,
  BPF_ST,
  BPF_STX,
  BPF_SUB,
  BPF_TO_BE,
  BPF_W,
  BPF_X,
  BPF_XOR,
  type BpfInstruction,
  encodeProgram,
} from './bpf-instruction.js';

/** One of the eleven registers of eBPF, each of 64 bits. */
export interface Register {
  readonly register: number;
}

/** The result of a call, and of the program. */
export const R0: Register = { register: 0 };
/** R1 to R5 carry the arguments of a call, which leaves nothing in them. */
export const R1: Register = { register: 1 };
export const R2: Register = { register: 2 };
export const R3: Register = { register: 3 };
export const R4: Register = { register: 4 };
export const R5: Register = { register: 5 };
/** R6 to R9 keep their values over a call. */
export const R6: Register = { register: 6 };
export const R7: Register = { register: 7 };
export const R8: Register = { register: 8 };
export const R9: Register = { register: 9 };
/** The end of the stack, which is below it. */
export const R10: Register = { register: 10 };

/** A register, or a number of 32 bits. In 64-bit operations its sign is extended. */
export type Operand = Register | number;

const ARITHMETIC = {
  set: BPF_MOV,
  add: BPF_ADD,
  subtract: BPF_SUB,
  multiply: BPF_MUL,
  modulo: BPF_MOD,
  and: BPF_AND,
  xor: BPF_XOR,
  shiftLeft: BPF_LSH,
  shiftRight: BPF_RSH,
} as const;

/** A computation `destination = destination OPERATION operand`, of 64 bits and without a sign. */
export type Arithmetic = keyof typeof ARITHMETIC;

const COMPARISONS = {
  equal: BPF_JEQ,
  notEqual: BPF_JNE,
  above: BPF_JGT,
  below: BPF_JLT,
} as const;

/** A comparison without a sign. */
export type Comparison = keyof typeof COMPARISONS;

const WIDTHS = { 1: BPF_B, 2: BPF_H, 4: BPF_W, 8: BPF_DW } as const;

/** Bytes that one instruction loads or stores. */
export type Width = keyof typeof WIDTHS;

const OFFSET_MAX = 2 ** 15 - 1;
const WORD_BITS = 32n;
const WORD_MASK = 0xffffffffn;

/** A place in a program that jumps lead to. Made by `BpfAssembler.label`. */
export interface Label {
  /** The number of the instruction that follows; -1 before it is placed. */
  at: number;
}

interface Jump {
  readonly from: number;
  readonly to: Label;
}

/** Builds an eBPF program, instruction by instruction. */
export class BpfAssembler {
  readonly #instructions: BpfInstruction[] = [];
  readonly #jumps: Jump[] = [];
  #ending: Label | undefined;

  /** Makes a label, to jump to and to `place`. */
  label(): Label {
    return { at: -1 };
  }

  /** Lets jumps to `label` lead to the next instruction. */
  place(label: Label): void {
    if (label.at >= 0) throw new ArgumentTypeError('cannot place a label twice');
    label.at = this.#instructions.length;
  }

  compute(operation: Arithmetic, destination: Register, operand: Operand): void {
    this.#withOperand(BPF_ALU64 | ARITHMETIC[operation], destination, operand);
  }

  /** Sets all 64 bits of a register. */
  setLarge(destination: Register, value: bigint): void {
    this.#add(BPF_LD | BPF_IMM | BPF_DW, { destination, immediate: Number(value & WORD_MASK) });
    this.#add(0, { immediate: Number((value >> WORD_BITS) & WORD_MASK) });
  }

  /** Reads the low `width` bytes of a register as a number in network byte order. The other bits become 0. */
  fromNetworkOrder(destination: Register, width: 2 | 4 | 8): void {
    this.#add(BPF_ALU | BPF_END | BPF_TO_BE, { destination, immediate: 8 * width });
  }

  load(width: Width, destination: Register, base: Register, offset: number): void {
    this.#add(BPF_LDX | BPF_MEM | WIDTHS[width], { destination, source: base, offset });
  }

  store(width: Width, base: Register, offset: number, operand: Operand): void {
    if (typeof operand === 'number')
      this.#add(BPF_ST | BPF_MEM | WIDTHS[width], { destination: base, offset, immediate: operand });
    else this.#add(BPF_STX | BPF_MEM | WIDTHS[width], { destination: base, source: operand, offset });
  }

  jump(to: Label): void {
    this.#jumps.push({ from: this.#instructions.length, to });
    this.#add(BPF_JMP | BPF_JA, {});
  }

  /** Compares all 64 bits. */
  jumpIf(comparison: Comparison, register: Register, operand: Operand, to: Label): void {
    this.#jumps.push({ from: this.#instructions.length, to });
    this.#withOperand(BPF_JMP | COMPARISONS[comparison], register, operand);
  }

  /** Compares the low 32 bits (Linux 5.1). `value` is from 0 to 2^32 - 1. */
  jumpIf32(comparison: Comparison, register: Register, value: number, to: Label): void {
    this.#jumps.push({ from: this.#instructions.length, to });
    this.#withOperand(BPF_JMP32 | COMPARISONS[comparison], register, value);
  }

  /** Calls the kernel's function with the number `helper`. */
  call(helper: number): void {
    this.#add(BPF_JMP | BPF_CALL, { immediate: helper });
  }

  /** Ends the program, or jumps to the label that `endAt` got. */
  exit(): void {
    if (this.#ending === undefined) this.#add(BPF_JMP | BPF_EXIT, {});
    else this.jump(this.#ending);
  }

  /** Lets `exit` jump to `ending` from now on; undefined lets it end the program again. */
  endAt(ending: Label | undefined): void {
    this.#ending = ending;
  }

  /** Returns the program as bpf(2) takes it. Throws a RangeError if a jump is too long for an instruction. */
  assemble(littleEndian: boolean): Uint8Array {
    const instructions = [...this.#instructions];
    for (const { from, to } of this.#jumps) {
      const offset = to.at - from - 1;
      if (to.at < 0) throw new ArgumentTypeError('cannot assemble a jump to a label that is not placed');
      if (offset > OFFSET_MAX || offset < -OFFSET_MAX)
        throw new ArgumentRangeError(`cannot assemble a jump over ${offset} instructions`);
      instructions[from] = { ...instructions[from]!, offset };
    }
    return encodeProgram(instructions, littleEndian);
  }

  #withOperand(code: number, destination: Register, operand: Operand): void {
    if (typeof operand === 'number') this.#add(code | BPF_K, { destination, immediate: operand });
    else this.#add(code | BPF_X, { destination, source: operand });
  }

  #add(
    code: number,
    parts: {
      readonly destination?: Register;
      readonly source?: Register;
      readonly offset?: number;
      readonly immediate?: number;
    },
  ): void {
    const { destination = R0, source = R0, offset = 0, immediate = 0 } = parts;
    this.#instructions.push({
      code,
      destination: destination.register,
      source: source.register,
      offset,
      immediate,
    });
  }
}
