import { LITTLE_ENDIAN } from './platform.js';

// Source: include/uapi/linux/filter.h, struct sock_filter, which is struct bpf_insn of pcap/bpf.h. Bytes.
export const SOCK_FILTER_SIZE = 8;
export const SOCK_FILTER_CODE = 0; // __u16
const SOCK_FILTER_JT = 2; //          __u8
const SOCK_FILTER_JF = 3; //          __u8
export const SOCK_FILTER_K = 4; //    __u32

// Source: include/uapi/linux/filter.h: a load from SKF_AD_OFF or more reads what the kernel knows beside the frame.
export const SKF_AD_OFF = 0xfffff000;
export const SKF_AD_PKTTYPE = 4;
export const SKF_AD_QUEUE = 24;

// Source: include/uapi/linux/bpf_common.h: BPF_LD | BPF_W | BPF_ABS and so on
export const LOAD_WORD = 0x20;
export const ADD = 0x04;
export const JUMP_IF_EQUAL = 0x15;
export const JUMP_IF_NOT_LESS = 0x35;
export const RETURN_CONSTANT = 0x06;
export const RETURN_ACCUMULATOR = 0x16;

/** One instruction: its code, how many instructions to skip if a jump's condition holds and if not, and its constant. */
export type Instruction = readonly [code: number, ifTrue: number, ifFalse: number, constant: number];

/** Encodes a program of classic BPF: an array of struct sock_filter. */
export function encodeFilter(instructions: readonly Instruction[]): Uint8Array {
  const view = new DataView(new ArrayBuffer(instructions.length * SOCK_FILTER_SIZE));
  for (const [index, [code, ifTrue, ifFalse, constant]] of instructions.entries()) {
    const at = index * SOCK_FILTER_SIZE;
    view.setUint16(at + SOCK_FILTER_CODE, code, LITTLE_ENDIAN);
    view.setUint8(at + SOCK_FILTER_JT, ifTrue);
    view.setUint8(at + SOCK_FILTER_JF, ifFalse);
    view.setUint32(at + SOCK_FILTER_K, constant, LITTLE_ENDIAN);
  }
  return new Uint8Array(view.buffer);
}
