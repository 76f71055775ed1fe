import { formatHex } from '../../../packet/bytes/hex.js';
import { QUEUE_UNKNOWN } from '../../../packet/capture/capture-record.js';
import type { CapturedFrame, CapturedInterface } from './captured-frame.js';
import { CapturedHeader } from './captured-header.js';
import type { FrameSink } from './frame-sink.js';
import { formatEpoch } from './frame-time.js';

const NOTHING = new Uint8Array();

/**
 * Frames as one JSON object a line: `queue`, `interface`, `direction`, `timestamp` (seconds with nine decimals, a
 * string), `length`, `originalLength`, `vnet` (what the virtio-net header says), `data`. Null is what nobody knows.
 */
export class JsonSink implements FrameSink {
  readonly #encoder = new TextEncoder();
  readonly #header = new CapturedHeader();
  readonly #interfaces: readonly CapturedInterface[];
  readonly #names: string[] = [];

  /** `interfaces` may grow while frames come. */
  constructor(interfaces: readonly CapturedInterface[]) {
    this.#interfaces = interfaces;
  }

  begin(): Uint8Array {
    return NOTHING;
  }

  encode(frame: CapturedFrame): Uint8Array {
    const { queue, bytes, originalLength, seconds, nanoseconds } = frame;
    const timestamp = formatEpoch(seconds, nanoseconds);
    const origin = `"queue":${queue === QUEUE_UNKNOWN ? null : queue},"interface":${this.#nameOf(frame.interfaceId)}`;
    const direction = frame.direction === 'unknown' ? null : `"${frame.direction}"`;
    const lengths = `"length":${bytes.length},"originalLength":${originalLength}`;
    return this.#encoder.encode(
      `{${origin},"direction":${direction},"timestamp":"${timestamp}",${lengths},"vnet":${this.#vnetOf(frame)},"data":"${formatHex(bytes)}"}\n`,
    );
  }

  end(): Uint8Array {
    return NOTHING;
  }

  #nameOf(interfaceId: number): string {
    const name = this.#interfaces[interfaceId]?.name ?? '';
    this.#names[interfaceId] ??= name === '' ? 'null' : JSON.stringify(name);
    return this.#names[interfaceId];
  }

  #vnetOf({ header, checksumFinished }: CapturedFrame): string {
    if (header.length === 0) return 'null';
    this.#header.take(header);
    return JSON.stringify({ ...this.#header.describe(), checksumFinished });
  }
}
