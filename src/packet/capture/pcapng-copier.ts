import { HOST_IS_LITTLE_ENDIAN } from '../bytes/byte-order.js';
import { VIRTIO_NET_HDR_MRG_RXBUF_SIZE, VIRTIO_NET_HDR_SIZE } from '../headers/virtio-net-header.js';
import { QUEUE_UNKNOWN } from './capture-record.js';
import { FrameCopies } from './frame-copies.js';
import {
  BLOCK_TYPE_EPB,
  CUSTOM_HEADER,
  CUSTOM_HEADER_LENGTH,
  CUSTOM_STATE,
  CUSTOM_STATE_CHECKSUM_FINISHED,
  EPB_DATA,
  EPB_FLAGS,
  EPB_FLAGS_INBOUND,
  EPB_FLAGS_OUTBOUND,
  EPB_QUEUE,
  OPT_CUSTOM_BINARY,
  OPT_ENDOFOPT,
  OPTION_HEADER_SIZE,
  paddedLength,
} from './pcapng-format.js';
import { customOptionHead } from './pcapng-writer.js';
import type { PlacedFrame } from './placed-frame.js';

const NANOSECONDS_PER_SECOND = 1_000_000_000;
const TWO_TO_32 = 0x100000000;
const WORD_BYTES = 4;

/** A flag or a queue: code and length, value. */
const NUMBER_OPTION_WORDS = 2;
/** Code and length of an option whose value is a number of 32 bits. */
const FLAGS_HEAD = EPB_FLAGS | (4 << 16);
const QUEUE_HEAD = EPB_QUEUE | (4 << 16);
/** Where in the option with the virtio-net header its state and its header lie. Halves of a word. */
const STATE_HALF = (OPTION_HEADER_SIZE + CUSTOM_STATE) / 2;
const HEADER_HALF = (OPTION_HEADER_SIZE + CUSTOM_HEADER) / 2;

/**
 * Writes packets into a buffer of the caller as `PcapngWriter.packet` does, byte for byte, in words and in one loop: a third of
 * its time for a frame of 64 bytes (71 ns instead of 190 ns, Node 20). For the first interface. Allocates nothing for a frame.
 */
export class PcapngCopier {
  readonly #words: Int32Array;
  readonly #halves: Uint16Array;
  readonly #frames: FrameCopies;
  #second = 0;
  #secondHigh = 0;
  #secondLow = 0;

  private constructor(target: Uint8Array) {
    const { buffer, byteOffset, byteLength } = target;
    this.#words = new Int32Array(buffer, byteOffset, Math.floor(byteLength / WORD_BYTES));
    this.#halves = new Uint16Array(buffer, byteOffset, this.#words.length * 2);
    this.#frames = new FrameCopies(target);
  }

  /** Writes into `target`; undefined where words do not have the order and the place that a file needs. */
  static into(target: Uint8Array): PcapngCopier | undefined {
    if (!HOST_IS_LITTLE_ENDIAN || target.byteOffset % WORD_BYTES !== 0) return undefined;
    return new PcapngCopier(target);
  }

  /** Writes `frame` at byte `offset`, a multiple of 4, where there is room. Returns the bytes that it wrote. */
  packet(offset: number, frame: PlacedFrame): number {
    const words = this.#words;
    const start = offset >> 2;
    const { seconds, nanoseconds, length } = frame;
    if (seconds !== this.#second) this.#takeSecond(seconds);
    const low = this.#secondLow + nanoseconds;
    const carried = low >= TWO_TO_32;
    words[start] = BLOCK_TYPE_EPB;
    words[start + 2] = 0;
    words[start + 3] = carried ? this.#secondHigh + 1 : this.#secondHigh;
    words[start + 4] = carried ? low - TWO_TO_32 : low;
    words[start + 5] = length;
    words[start + 6] = frame.originalLength;
    this.#frames.copy(frame, offset + EPB_DATA);
    let at = start + ((EPB_DATA + length + 3) >> 2);
    words[at] = FLAGS_HEAD;
    words[at + 1] = frame.outbound ? EPB_FLAGS_OUTBOUND : EPB_FLAGS_INBOUND;
    at += NUMBER_OPTION_WORDS;
    if (frame.queue !== QUEUE_UNKNOWN) {
      words[at] = QUEUE_HEAD;
      words[at + 1] = frame.queue;
      at += NUMBER_OPTION_WORDS;
    }
    if (frame.headerBytes > 0) at = this.#header(at, frame);
    words[at] = OPT_ENDOFOPT;
    at += 1;
    const byteCount = (at + 1 - start) * WORD_BYTES;
    words[start + 1] = byteCount;
    words[at] = byteCount;
    return byteCount;
  }

  /** Writes the option with the virtio-net header at word `at`. Returns the word behind it. */
  #header(at: number, { memory, headerHalf, headerBytes, checksumFinished }: PlacedFrame): number {
    const words = this.#words;
    const halves = this.#halves;
    const option = headerBytes === VIRTIO_NET_HDR_SIZE ? SHORT_OPTION : LONG_OPTION;
    for (let index = 0; index < option.length; index++) words[at + index] = option[index]!;
    if (checksumFinished) halves[2 * at + STATE_HALF]! |= CUSTOM_STATE_CHECKSUM_FINISHED;
    const from = memory.halves;
    const to = 2 * at + HEADER_HALF;
    for (let index = 0; index < headerBytes >> 1; index++) halves[to + index] = from[headerHalf + index]!;
    return at + option.length;
  }

  #takeSecond(seconds: number): void {
    const nanoseconds = BigInt(seconds) * BigInt(NANOSECONDS_PER_SECOND);
    this.#second = seconds;
    this.#secondHigh = Number(nanoseconds >> 32n);
    this.#secondLow = Number(nanoseconds & 0xffffffffn);
  }
}

/** The option with a virtio-net header of `headerBytes` zeros. */
function optionWords(headerBytes: number): Int32Array {
  const valueBytes = CUSTOM_HEADER + headerBytes;
  const bytes = new Uint8Array(OPTION_HEADER_SIZE + paddedLength(valueBytes));
  new DataView(bytes.buffer).setUint32(0, OPT_CUSTOM_BINARY | (valueBytes << 16), true);
  bytes.set(customOptionHead(), OPTION_HEADER_SIZE);
  bytes[OPTION_HEADER_SIZE + CUSTOM_HEADER_LENGTH] = headerBytes;
  return new Int32Array(bytes.buffer);
}

const SHORT_OPTION = optionWords(VIRTIO_NET_HDR_SIZE);
const LONG_OPTION = optionWords(VIRTIO_NET_HDR_MRG_RXBUF_SIZE);
