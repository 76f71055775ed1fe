import { formatAsciiDump, formatHexAsciiDump, formatHexDump } from '../../../packet/bytes/hex-dump.js';
import { type PacketDirection, QUEUE_UNKNOWN } from '../../../packet/capture/capture-record.js';
import {
  linkHeaderLength,
  summarizeFrame,
  summarizeFrameVerbosely,
  summarizeFrameWithLink,
} from '../../../packet/summary/frame-summary.js';
import { NO_ROOM } from '../../output/output-writer.js';
import type { CapturedFrame } from './captured-frame.js';
import type { FrameSink, ItemBuffer } from './frame-sink.js';
import { FrameTime, type TimeStyle } from './frame-time.js';

/** How a frame's bytes are shown below its line. */
export type DumpStyle = 'none' | 'hex' | 'hex-ascii' | 'ascii';

export interface TextSinkOptions {
  /** Show the Ethernet header. @default false */
  readonly linkShown?: boolean;
  /** Print more of each frame, in several lines if necessary. @default false */
  readonly verbose?: boolean;
  /** @default 'none' */
  readonly dump?: DumpStyle;
  /** Begin the bytes with the Ethernet header. @default false */
  readonly linkDumped?: boolean;
  /** @default 'clock' */
  readonly time?: TimeStyle;
  /** Nine decimals instead of six. @default false */
  readonly nanosecondsShown?: boolean;
  /** Begin each line with the frame's number. @default false */
  readonly numbered?: boolean;
  /**
   * Name of the device whose frames pass both ways. Lines then have it, the direction and the queue, as tcpdump writes them, and
   * not the length. @default undefined
   */
  readonly watched?: string | undefined;
}

const DIRECTIONS: Readonly<Record<PacketDirection, string>> = {
  inbound: 'In ',
  outbound: 'Out',
  unknown: '?  ',
};

const DUMPS: Readonly<Record<DumpStyle, (bytes: Uint8Array, start: number) => string>> = {
  none: () => '',
  hex: (bytes, start) => `${formatHexDump(bytes, start)}\n`,
  'hex-ascii': (bytes, start) => `${formatHexAsciiDump(bytes, start)}\n`,
  ascii: (bytes, start) => `${formatAsciiDump(bytes, start)}\n`,
};

/** Frames as text: time, queue, length, summary. */
export class TextSink implements FrameSink {
  readonly #options: TextSinkOptions;
  readonly #time: FrameTime;
  #number = 0;

  constructor(options: TextSinkOptions) {
    this.#options = options;
    this.#time = new FrameTime(options.time ?? 'clock', options.nanosecondsShown === true);
  }

  write(frame: CapturedFrame, output: ItemBuffer): boolean {
    const text = this.#linesOf(frame);
    // All of it is ASCII: a byte for each character.
    const offset = output.reserve(text.length);
    if (offset === NO_ROOM) return false;
    return output.commit(output.buffer.write(text, offset, 'latin1'));
  }

  #linesOf(frame: CapturedFrame): string {
    const { bytes, originalLength } = frame;
    const { dump = 'none', linkDumped, numbered } = this.#options;
    this.#number += 1;
    const number = numbered === true ? `${String(this.#number).padStart(5)}  ` : '';
    const head = `${number}${this.#time.format(frame)}${this.#originOf(frame)}`;
    const dumped = DUMPS[dump](bytes, linkDumped === true ? 0 : linkHeaderLength(bytes));
    return `${head} ${this.#summarize(bytes, originalLength)}\n${dumped}`;
  }

  #originOf({ queue, originalLength, direction }: CapturedFrame): string {
    const { watched } = this.#options;
    const isKnown = queue !== QUEUE_UNKNOWN;
    if (watched === undefined) return `${isKnown ? `q${queue} ` : ''}${originalLength}`;
    return `${watched} ${DIRECTIONS[direction]}${isKnown ? ` q${queue}` : ''}`;
  }

  #summarize(bytes: Uint8Array, originalLength: number): string {
    const { linkShown = false, verbose = false } = this.#options;
    if (verbose) return summarizeFrameVerbosely(bytes, originalLength, { linkShown });
    const summarize = linkShown ? summarizeFrameWithLink : summarizeFrame;
    return summarize(bytes, originalLength);
  }
}
