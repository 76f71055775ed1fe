import { formatHex } from '../../../packet/bytes/hex.js';
import { QUEUE_UNKNOWN } from '../../../packet/capture/capture-record.js';
import { jsonText } from '../../output/escapes.js';
import { NO_ROOM } from '../../output/output-writer.js';
import type { CapturedFrame, CapturedInterface } from './captured-frame.js';
import { CapturedHeader } from './captured-header.js';
import type { FrameSink, ItemBuffer } from './frame-sink.js';
import { formatEpoch } from './frame-time.js';

/** Most bytes of UTF-8 that one unit of UTF-16 takes. */
const UTF8_BYTES_MAX = 3;

/**
 * Frames as one JSON object a line: `queue`, `interface`, `direction`, `timestamp` (seconds with nine decimals, a
 * string), `length`, `originalLength`, `vnet` (the virtio-net header), `data`. Null stands for what is unknown.
 */
export class JsonSink implements FrameSink {
  readonly #header = new CapturedHeader();
  readonly #interfaces: readonly CapturedInterface[];
  readonly #names: string[] = [];

  /** `interfaces` may grow while frames come. */
  constructor(interfaces: readonly CapturedInterface[]) {
    this.#interfaces = interfaces;
  }

  write(frame: CapturedFrame, output: ItemBuffer): boolean {
    const text = this.#objectOf(frame);
    const offset = output.reserve(text.length * UTF8_BYTES_MAX);
    if (offset === NO_ROOM) return false;
    return output.commit(output.buffer.write(text, offset));
  }

  #objectOf(frame: CapturedFrame): string {
    const { queue, bytes, originalLength, seconds, nanoseconds } = frame;
    const timestamp = frame.timed ? `"${formatEpoch(frame.exactSeconds ?? seconds, nanoseconds)}"` : 'null';
    const origin = `"queue":${queue === QUEUE_UNKNOWN ? null : queue},"interface":${this.#nameOf(frame.interfaceId)}`;
    const direction = frame.direction === 'unknown' ? null : `"${frame.direction}"`;
    const lengths = `"length":${bytes.length},"originalLength":${originalLength}`;
    return `{${origin},"direction":${direction},"timestamp":${timestamp},${lengths},"vnet":${this.#vnetOf(frame)},"data":"${formatHex(bytes)}"}\n`;
  }

  #nameOf(interfaceId: number): string {
    const name = this.#interfaces[interfaceId]?.name ?? '';
    this.#names[interfaceId] ??= name === '' ? 'null' : jsonText(name);
    return this.#names[interfaceId];
  }

  #vnetOf({ header, checksumFinished }: CapturedFrame): string {
    if (header.length === 0) return 'null';
    this.#header.take(header);
    return jsonText({ ...this.#header.describe(), checksumFinished });
  }
}
