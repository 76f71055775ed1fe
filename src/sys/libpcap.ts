import koffi, { type LibraryHandle } from 'koffi';
import { ArgumentRangeError, ArgumentTypeError } from '../errors.js';
import { systemError, unavailableError } from './errno.js';
import { MappedMemory } from './mapped-memory.js';
import { LITTLE_ENDIAN, POINTER_BYTES } from './platform.js';
import { pointerAt, viewAt } from './pointer.js';
import { SKF_AD_OFF, SOCK_FILTER_CODE, SOCK_FILTER_K, SOCK_FILTER_SIZE } from './socket-filter.js';
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

/** BPF_CLASS(code) and BPF_MODE(code) of include/uapi/linux/bpf_common.h, and BPF_LD | BPF_ABS. */
const CLASS_AND_MODE = 0xe7;
const LOAD_ABSOLUTE = 0x20;

/**
 * Longest filter expression. libpcap's parser and optimizer call themselves for each part of it, on a stack of 2 MiB: one of
 * 126 KB ended the process (libpcap 1.10.3). Bytes.
 */
export const FILTER_BYTES_MAX = 32 * 1024;

/** Bytes of libpcap's error buffer. Source: PCAP_ERRBUF_SIZE of pcap/pcap.h. */
const ERROR_TEXT_BYTES = 256;

/** Memory for the capture that compiles a filter and captures nothing. Bytes. */
const IDLE_BUFFER_BYTES = 64 * 1024;

/** The functions of libpcap that compile and run a filter. */
interface Libpcap {
  openDead(linkType: number, snaplen: number): bigint | null;
  create(device: string, errorText: Uint8Array): bigint | null;
  setSnapshotLength(handle: bigint, snaplen: number): number;
  setBufferSize(handle: bigint, bytes: number): number;
  activate(handle: bigint): number;
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
    create: declare('void *pcap_create(const char *device, uint8 *error)'),
    setSnapshotLength: declare('int pcap_set_snaplen(void *handle, int snaplen)'),
    setBufferSize: declare('int pcap_set_buffer_size(void *handle, int bytes)'),
    activate: declare('int pcap_activate(void *handle)'),
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

/** Compiles `expression` with `handle`, which it closes, into the struct bpf_program that `program` holds. */
function compileInto(program: MappedMemory, expression: string, handle: bigint, library: Libpcap): void {
  try {
    const address = BigInt(program.address);
    if (library.compile(handle, address, expression, OPTIMIZE, PCAP_NETMASK_UNKNOWN) === 0) return;
    throw new ArgumentTypeError(`cannot use filter "${expression}": ${library.errorText(handle)}`);
  } finally {
    library.close(handle);
  }
}

/** A handle of no device, for frames of which `snapBytes` are kept. */
function openDead(expression: string, snapBytes: number, library: Libpcap): bigint {
  const handle = library.openDead(DLT_EN10MB, snapBytes);
  if (handle !== null) return handle;
  throw new ArgumentTypeError(`cannot use filter "${expression}": libpcap is out of memory`);
}

/** A handle of an open device. Throws a SystemError with libpcap's words. */
function openLive(device: string, snapBytes: number, library: Libpcap): bigint {
  const failed = (detail: string) =>
    systemError({ action: 'watch', object: device, code: 'EIO', syscall: 'pcap_activate', detail });
  const text = new Uint8Array(ERROR_TEXT_BYTES);
  const handle = library.create(device, text);
  if (handle === null) throw failed(new TextDecoder().decode(text.subarray(0, text.indexOf(0))));
  library.setSnapshotLength(handle, snapBytes);
  library.setBufferSize(handle, IDLE_BUFFER_BYTES);
  if (library.activate(handle) >= 0) return handle;
  const reason = library.errorText(handle);
  library.close(handle);
  throw failed(`libpcap: ${reason}`);
}

/**
 * Whether a filter has to be compiled with an open device: the kernel takes the VLAN tag out of a frame before a socket sees it,
 * and libpcap knows that of open devices alone.
 */
export function needsOpenDevice(expression: string): boolean {
  return /\bvlan\b/.test(expression);
}

/**
 * Compiles `expression` for SO_ATTACH_FILTER of a socket at `device`, as tcpdump does for a live capture. Returns classic BPF
 * that keeps `snapBytes` of each frame. Opens the device if `needsOpenDevice`: it must be up then. Throws what
 * `FilterProgram.compile` throws.
 */
export function compileSocketFilter(expression: string, device: string, snapBytes: number): Uint8Array {
  assertLength(expression);
  const library = libpcap();
  using program = MappedMemory.anonymous(BPF_PROGRAM.size);
  const open = needsOpenDevice(expression) ? openLive : openDead;
  compileInto(program, expression, open(device, snapBytes, library), library);
  try {
    return Uint8Array.from(new Uint8Array(instructionsOf(program)));
  } finally {
    library.freeCode(BigInt(program.address));
  }
}

/** The instructions of a struct bpf_program, where libpcap has them. */
function instructionsOf({ bytes }: MappedMemory): ArrayBuffer {
  const count = new DataView(bytes.buffer, bytes.byteOffset).getUint32(BF_LEN, LITTLE_ENDIAN);
  return viewAt(pointerAt(bytes, BF_INSNS), count * SOCK_FILTER_SIZE);
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
      compileInto(program, expression, openDead(expression, SNAPLEN_MAX, library), library);
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
    const view = new DataView(instructionsOf(this.#program));
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
