// Source: include/uapi/linux/bpf_common.h and include/uapi/linux/bpf.h. Parts of an instruction's code.
export const BPF_LD = 0x00;
export const BPF_LDX = 0x01;
export const BPF_ST = 0x02;
export const BPF_STX = 0x03;
export const BPF_ALU = 0x04;
export const BPF_JMP = 0x05;
export const BPF_JMP32 = 0x06;
export const BPF_ALU64 = 0x07;
export const BPF_W = 0x00;
export const BPF_H = 0x08;
export const BPF_B = 0x10;
export const BPF_DW = 0x18;
export const BPF_IMM = 0x00;
export const BPF_MEM = 0x60;
export const BPF_ADD = 0x00;
export const BPF_SUB = 0x10;
export const BPF_MUL = 0x20;
export const BPF_AND = 0x50;
export const BPF_LSH = 0x60;
export const BPF_RSH = 0x70;
export const BPF_MOD = 0x90;
export const BPF_XOR = 0xa0;
export const BPF_MOV = 0xb0;
export const BPF_END = 0xd0;
export const BPF_TO_BE = 0x08;
export const BPF_K = 0x00;
export const BPF_X = 0x08;
export const BPF_JA = 0x00;
export const BPF_JEQ = 0x10;
export const BPF_JGT = 0x20;
export const BPF_JNE = 0x50;
export const BPF_JLT = 0xa0;
export const BPF_CALL = 0x80;
export const BPF_EXIT = 0x90;

// Source: include/uapi/linux/bpf.h, enum bpf_func_id.
export const BPF_FUNC_skb_load_bytes = 26;

// Source: include/uapi/linux/bpf.h, struct bpf_insn. Bytes.
export const BPF_INSN_SIZE = 8;
const BPF_INSN_CODE = 0; // __u8
const BPF_INSN_REGISTERS = 1; // __u8 dst_reg:4, __u8 src_reg:4
const BPF_INSN_OFF = 2; //  __s16
const BPF_INSN_IMM = 4; //  __s32

/** One instruction of eBPF: struct bpf_insn. */
export interface BpfInstruction {
  readonly code: number;
  /** Numbers of registers. */
  readonly destination: number;
  readonly source: number;
  /** -32768 to 32767: a distance in memory, or in instructions. */
  readonly offset: number;
  /** 32 bits, with or without a sign. */
  readonly immediate: number;
}

/** Encodes instructions, BPF_INSN_SIZE bytes each, for the kernel of a machine with this byte order. */
export function encodeProgram(instructions: readonly BpfInstruction[], littleEndian: boolean): Uint8Array {
  const view = new DataView(new ArrayBuffer(instructions.length * BPF_INSN_SIZE));
  for (const [index, instruction] of instructions.entries())
    encodeInstruction(view, index * BPF_INSN_SIZE, instruction, littleEndian);
  return new Uint8Array(view.buffer);
}

/** Bit fields lie in a byte in the order of the bytes: the first of them has the low half where the byte order is little-endian. */
function encodeInstruction(
  view: DataView,
  at: number,
  { code, destination, source, offset, immediate }: BpfInstruction,
  littleEndian: boolean,
): void {
  const registers = littleEndian ? (source << 4) | destination : (destination << 4) | source;
  view.setUint8(at + BPF_INSN_CODE, code);
  view.setUint8(at + BPF_INSN_REGISTERS, registers);
  view.setInt16(at + BPF_INSN_OFF, offset, littleEndian);
  view.setInt32(at + BPF_INSN_IMM, immediate | 0, littleEndian);
}
