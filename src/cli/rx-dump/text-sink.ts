import { summarizeFrame, summarizeFrameWithLink } from '../../packet/frame-summary.js';
import { formatHexDump } from '../../packet/hex-dump.js';
import type { FrameSink, ReceivedFrame } from './frame-sink.js';

export interface TextSinkOptions {
  /** Show the Ethernet header. @default false */
  readonly linkShown?: boolean;
  /** Add the frame's bytes in hex. @default false */
  readonly hexShown?: boolean;
}

/** Frames as text: time, queue, length, summary. */
export class TextSink implements FrameSink {
  readonly #encoder = new TextEncoder();
  readonly #options: TextSinkOptions;
  #second = -1;
  #clock = '';

  constructor(options: TextSinkOptions) {
    this.#options = options;
  }

  begin(): Uint8Array {
    return new Uint8Array();
  }

  encode({ queue, bytes, seconds, nanoseconds }: ReceivedFrame): Uint8Array {
    const summarize = this.#options.linkShown === true ? summarizeFrameWithLink : summarizeFrame;
    const microseconds = String(Math.floor(nanoseconds / 1000)).padStart(6, '0');
    const head = `${this.#clockOf(seconds)}.${microseconds} q${queue} ${bytes.length} `;
    const hex = this.#options.hexShown === true ? `${formatHexDump(bytes)}\n` : '';
    return this.#encoder.encode(`${head}${summarize(bytes, bytes.length)}\n${hex}`);
  }

  /** Local time of day; made once a second. */
  #clockOf(seconds: number): string {
    if (seconds !== this.#second) {
      this.#second = seconds;
      const time = new Date(seconds * 1000);
      this.#clock = [time.getHours(), time.getMinutes(), time.getSeconds()]
        .map((n) => String(n).padStart(2, '0'))
        .join(':');
    }
    return this.#clock;
  }
}
