import { formatHex } from '../../packet/hex.js';
import type { FrameSink, ReceivedFrame } from './frame-sink.js';

/** Frames as one JSON object a line: `queue`, `timestamp` (seconds with nine decimals, a string), `length`, `data`. */
export class JsonSink implements FrameSink {
  readonly #encoder = new TextEncoder();

  begin(): Uint8Array {
    return new Uint8Array();
  }

  encode({ queue, bytes, seconds, nanoseconds }: ReceivedFrame): Uint8Array {
    const timestamp = `${seconds}.${String(nanoseconds).padStart(9, '0')}`;
    const { length } = bytes;
    return this.#encoder.encode(
      `{"queue":${queue},"timestamp":"${timestamp}","length":${length},"data":"${formatHex(bytes)}"}\n`,
    );
  }
}
