import { HOST_IS_LITTLE_ENDIAN } from '../bytes/byte-order.js';
import { VIRTIO_NET_HDR_SIZE } from '../headers/virtio-net-header.js';
import { QUEUE_UNKNOWN } from './capture-record.js';
import {
  BLOCK_TYPE_EPB,
  CUSTOM_HEADER,
  CUSTOM_HEADER_LENGTH,
  EPB_DATA,
  EPB_FLAGS,
  EPB_FLAGS_INBOUND,
  EPB_FLAGS_OUTBOUND,
  EPB_QUEUE,
  OPT_CUSTOM_BINARY,
  OPTION_HEADER_SIZE,
  paddedLength,
} from './pcapng-format.js';
import { customOptionHead } from './pcapng-writer.js';

const NANOSECONDS_PER_SECOND = 1_000_000_000;
const TWO_TO_32 = 0x100000000;
const WORD_BYTES = 4;

/** A flag or a queue: code and length, value. */
const NUMBER_OPTION_WORDS = 2;
/** Code and length of an option whose value is a number of 32 bits. */
const FLAGS_HEAD = EPB_FLAGS | (4 << 16);
const QUEUE_HEAD = EPB_QUEUE | (4 << 16);

/**
 * A frame that lies in memory of words, with nothing to finish: its virtio-net header of 10 bytes is all zeros. One object serves
 * for all frames.
 */
export interface PlacedFrame {
  /** Memory that has the frame. */
  words: Int32Array;
  /** The word of it where the frame begins. */
  word: number;
  /** Bytes of the frame that are there. */
  length: number;
  originalLength: number;
  seconds: number;
  nanoseconds: number;
  outbound: boolean;
  /** QUEUE_UNKNOWN for none. */
  queue: number;
}

/**
 * Writes packets into a buffer of the caller as `PcapngWriter.packet` does, byte for byte, in words and in one loop: a third of
 * its time for a frame of 64 bytes (71 ns instead of 190 ns, Node 20). For the first interface.
 */
export class PcapngCopier {
  readonly #words: Int32Array;
  /** The option with the virtio-net header, and the end of the options. */
  readonly #tail = tailWords();
  #second = 0;
  #secondHigh = 0;
  #secondLow = 0;

  private constructor(words: Int32Array) {
    this.#words = words;
  }

  /** Writes into `target`; undefined where words do not have the order and the place that a file needs. */
  static into({ buffer, byteOffset, byteLength }: Uint8Array): PcapngCopier | undefined {
    if (!HOST_IS_LITTLE_ENDIAN || byteOffset % WORD_BYTES !== 0) return undefined;
    return new PcapngCopier(new Int32Array(buffer, byteOffset, Math.floor(byteLength / WORD_BYTES)));
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
    let at = this.#data(start + EPB_DATA / WORD_BYTES, frame);
    words[at] = FLAGS_HEAD;
    words[at + 1] = frame.outbound ? EPB_FLAGS_OUTBOUND : EPB_FLAGS_INBOUND;
    at += NUMBER_OPTION_WORDS;
    if (frame.queue !== QUEUE_UNKNOWN) {
      words[at] = QUEUE_HEAD;
      words[at + 1] = frame.queue;
      at += NUMBER_OPTION_WORDS;
    }
    const tail = this.#tail;
    for (let index = 0; index < tail.length; index++) words[at + index] = tail[index]!;
    at += tail.length;
    const byteCount = (at + 1 - start) * WORD_BYTES;
    words[start + 1] = byteCount;
    words[at] = byteCount;
    return byteCount;
  }

  /** Copies the frame's bytes to word `at`, and pads them with zeros. Returns the word behind them. */
  #data(at: number, { words: from, word, length }: PlacedFrame): number {
    const words = this.#words;
    const whole = length >> 2;
    if (length > LOOPED_BYTES_MAX) words.set(from.subarray(word, word + whole), at);
    else for (let index = 0; index < whole; index++) words[at + index] = from[word + index]!;
    const rest = length & 3;
    if (rest === 0) return at + whole;
    words[at + whole] = from[word + whole]! & ((1 << (8 * rest)) - 1);
    return at + whole + 1;
  }

  #takeSecond(seconds: number): void {
    const nanoseconds = BigInt(seconds) * BigInt(NANOSECONDS_PER_SECOND);
    this.#second = seconds;
    this.#secondHigh = Number(nanoseconds >> 32n);
    this.#secondLow = Number(nanoseconds & 0xffffffffn);
  }
}

/** Longer frames are copied by a call that makes a view of them, shorter ones in a loop. Bytes. */
const LOOPED_BYTES_MAX = 512;

function tailWords(): Int32Array {
  const valueBytes = CUSTOM_HEADER + VIRTIO_NET_HDR_SIZE;
  const optionBytes = OPTION_HEADER_SIZE + paddedLength(valueBytes);
  const bytes = new Uint8Array(optionBytes + OPTION_HEADER_SIZE);
  new DataView(bytes.buffer).setUint32(0, OPT_CUSTOM_BINARY | (valueBytes << 16), true);
  bytes.set(customOptionHead(), OPTION_HEADER_SIZE);
  bytes[OPTION_HEADER_SIZE + CUSTOM_HEADER_LENGTH] = VIRTIO_NET_HDR_SIZE;
  return new Int32Array(bytes.buffer);
}
