import koffi, { type LibraryHandle } from 'koffi';
import { ArgumentRangeError, ArgumentTypeError } from '../errors.js';
import { unavailableError } from './errno.js';
import { MappedMemory } from './mapped-memory.js';
import { LITTLE_ENDIAN, POINTER_BYTES } from './platform.js';
import { pointerAt, viewAt } from './pointer.js';
import { layoutStruct } from './struct-layout.js';

/** The shared object's name on Debian and its derivatives, then elsewhere. The first that loads is used. */
export const LIBPCAP_SONAMES: readonly string[] = ['libpcap.so.0.8', 'libpcap.so.1'];

/** DLT_EN10MB and PCAP_NETMASK_UNKNOWN of pcap/dlt.h and pcap/pcap.h. */
const DLT_EN10MB = 1;
const PCAP_NETMASK_UNKNOWN = 0xffffffff;

/** What an accepting program returns: more than any frame is long. It is the maximum of tcpdump and libpcap. */
const SNAPLEN_MAX = 262144;
const OPTIMIZE = 1;

/** Returns the layout of struct bpf_program of pcap/bpf.h for a pointer width of 4 or 8 bytes. */
export function bpfProgramLayout(pointerBytes: number) {
  return layoutStruct(
    [
      ['bf_len', 'unsigned'],
      ['bf_insns', 'pointer'],
    ],
    pointerBytes,
  );
}

const BPF_PROGRAM = bpfProgramLayout(POINTER_BYTES);
const { bf_len: BF_LEN = 0, bf_insns: BF_INSNS = 0 } = BPF_PROGRAM.offsets;

// Source: include/uapi/linux/filter.h, struct sock_filter, which is struct bpf_insn of pcap/bpf.h. Bytes.
const SOCK_FILTER_SIZE = 8;
const SOCK_FILTER_CODE = 0; // __u16
const SOCK_FILTER_K = 4; //    __u32

// Source: include/uapi/linux/filter.h: a load from this offset or more reads what the kernel knows beside the frame.
const SKF_AD_OFF = 0xfffff000;

/** BPF_CLASS(code) and BPF_MODE(code) of include/uapi/linux/bpf_common.h, and BPF_LD | BPF_ABS. */
const CLASS_AND_MODE = 0xe7;
const LOAD_ABSOLUTE = 0x20;

/**
 * Longest filter expression. libpcap's parser and optimizer call themselves for each part of it, on a stack of 2 MiB: one of
 * 126 KB ended the process (libpcap 1.10.3). Bytes.
 */
export const FILTER_BYTES_MAX = 32 * 1024;

/** The functions of libpcap that compile and run a filter. */
interface Libpcap {
  openDead(linkType: number, snaplen: number): bigint | null;
  compile(handle: bigint, program: bigint, expression: string, optimize: number, netmask: number): number;
  /** Runs compiled instructions over a frame. Returns 0 if they reject it. */
  filter(instructions: bigint, frame: Uint8Array, originalLength: number, capturedLength: number): number;
  errorText(handle: bigint): string;
  freeCode(program: bigint): void;
  close(handle: bigint): void;
  /** Returns text like `libpcap version 1.10.3 (with TPACKET_V3)`. */
  version(): string;
}

let loaded: Libpcap | undefined;

/** Loads libpcap once. Throws an UnavailableError if it is missing. */
function libpcap(): Libpcap {
  loaded ??= bind(load());
  return loaded;
}

/** Returns libpcap's own version text. Throws an UnavailableError if libpcap is missing. */
export function libpcapVersion(): string {
  return libpcap().version();
}

function load(): LibraryHandle {
  const reasons = new Set<string>();
  for (const name of LIBPCAP_SONAMES) {
    try {
      return koffi.load(name);
    } catch (error) {
      reasons.add(error instanceof Error ? error.message : String(error));
    }
  }
  const names = LIBPCAP_SONAMES.map((name) => `"${name}"`).join(' or ');
  const detail = [...reasons].join('; ');
  throw unavailableError('libpcap', { action: `load ${names}`, code: 'ENOENT', syscall: 'dlopen', detail });
}

function bind(library: LibraryHandle): Libpcap {
  const declare = <F>(definition: string) => library.func(definition) as unknown as F;
  return {
    openDead: declare('void *pcap_open_dead(int linktype, int snaplen)'),
    compile: declare(
      'int pcap_compile(void *handle, void *program, const char *expression, int optimize, uint32 netmask)',
    ),
    // Not pcap_offline_filter: the header that it takes begins with a timeval, whose size on 32 bits depends on the
    // distribution. That function only reads the two lengths of the header, and calls bpf_filter.
    filter: declare('uint bpf_filter(void *instructions, const uint8 *frame, uint wirelen, uint buflen)'),
    errorText: declare('const char *pcap_geterr(void *handle)'),
    freeCode: declare('void pcap_freecode(void *program)'),
    close: declare('void pcap_close(void *handle)'),
    version: declare('const char *pcap_lib_version()'),
  };
}

function assertLength(expression: string): void {
  const bytes = Buffer.byteLength(expression);
  if (bytes <= FILTER_BYTES_MAX) return;
  throw new ArgumentRangeError(
    `cannot use filter "${expression.slice(0, 40)}...": it has ${bytes} bytes, at most ${FILTER_BYTES_MAX} are possible`,
  );
}

/** Compiles `expression` into the struct bpf_program that `program` holds. */
function compileInto(program: MappedMemory, expression: string, library: Libpcap): void {
  const handle = library.openDead(DLT_EN10MB, SNAPLEN_MAX);
  if (handle === null)
    throw new ArgumentTypeError(`cannot use filter "${expression}": libpcap is out of memory`);
  try {
    const address = BigInt(program.address);
    if (library.compile(handle, address, expression, OPTIMIZE, PCAP_NETMASK_UNKNOWN) === 0) return;
    throw new ArgumentTypeError(`cannot use filter "${expression}": ${library.errorText(handle)}`);
  } finally {
    library.close(handle);
  }
}

/** A filter expression, compiled for Ethernet frames. Owns the memory that libpcap allocated for it. */
export class FilterProgram implements Disposable {
  readonly #library: Libpcap;
  readonly #program: MappedMemory;
  readonly #instructions: bigint;
  #compiled = true;

  private constructor(library: Libpcap, program: MappedMemory) {
    this.#library = library;
    this.#program = program;
    this.#instructions = pointerAt(program.bytes, BF_INSNS);
  }

  /**
   * Compiles `expression`, written as in pcap-filter(7). Throws a RangeError if it is longer than FILTER_BYTES_MAX, a
   * TypeError with libpcap's words if it does not understand it, and an UnavailableError if libpcap is missing.
   */
  static compile(expression: string): FilterProgram {
    assertLength(expression);
    const library = libpcap();
    const program = MappedMemory.anonymous(BPF_PROGRAM.size);
    try {
      compileInto(program, expression, library);
    } catch (error) {
      program[Symbol.dispose]();
      throw error;
    }
    const compiled = new FilterProgram(library, program);
    if (!compiled.#asksKernel()) return compiled;
    compiled[Symbol.dispose]();
    throw new ArgumentTypeError(
      `cannot use filter "${expression}": it uses facts that a frame does not contain (inbound, outbound, ifindex)`,
    );
  }

  /**
   * Returns whether a load reads what the kernel knows beside the frame. Without a file libpcap compiles for a
   * socket's filter. Outside the kernel such a load rejects every frame.
   */
  #asksKernel(): boolean {
    const { buffer, byteOffset } = this.#program.bytes;
    const count = new DataView(buffer, byteOffset).getUint32(BF_LEN, LITTLE_ENDIAN);
    const view = new DataView(viewAt(this.#instructions, count * SOCK_FILTER_SIZE));
    for (let at = 0; at < view.byteLength; at += SOCK_FILTER_SIZE) {
      const code = view.getUint16(at + SOCK_FILTER_CODE, LITTLE_ENDIAN);
      const isLoad = (code & CLASS_AND_MODE) === LOAD_ABSOLUTE;
      if (isLoad && view.getUint32(at + SOCK_FILTER_K, LITTLE_ENDIAN) >= SKF_AD_OFF) return true;
    }
    return false;
  }

  /**
   * Returns whether the filter accepts `frame`, the captured part of `originalLength` bytes. Returns false once
   * disposed. The frame may lie anywhere: it is lent for the length of the call, about 65 ns.
   */
  accepts(frame: Uint8Array, originalLength: number): boolean {
    return (
      this.#compiled && this.#library.filter(this.#instructions, frame, originalLength, frame.length) !== 0
    );
  }

  [Symbol.dispose](): void {
    if (!this.#compiled) return;
    this.#compiled = false;
    this.#library.freeCode(BigInt(this.#program.address));
    this.#program[Symbol.dispose]();
  }
}
