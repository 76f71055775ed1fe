import { MalformedError } from '../../errors.js';
import { AnyCaptureReader } from '../../packet/capture/any-capture-reader.js';
import { describeLinkType } from '../../packet/capture/link-type-name.js';
import { LINKTYPE_ETHERNET } from '../../packet/capture/pcap-format.js';
import type { ByteInput } from '../input/byte-input.js';
import type { FrameSource } from './frame-source.js';

const NANOSECOND = 1e-9;

/** Frames of a capture, read as they are needed. */
export class CaptureSource implements FrameSource {
  readonly #input: ByteInput;
  readonly #name: string;
  #reader: AnyCaptureReader;
  #ended = false;
  #firstSeconds = 0;
  #firstNanoseconds = 0;

  /** Takes `input` over. `name` is for errors. */
  constructor(input: ByteInput, name: string) {
    this.#input = input;
    this.#name = name;
    this.#reader = new AnyCaptureReader({ name });
  }

  next(): boolean {
    if (!this.#reader.next()) return false;
    if (this.#reader.recordNumber === 1) this.#begin();
    return true;
  }

  refill(): boolean | Promise<boolean> {
    if (this.#ended) return false;
    const chunk = this.#input.read();
    return chunk instanceof Promise ? chunk.then((bytes) => this.#take(bytes)) : this.#take(chunk);
  }

  cancel(): void {
    this.#input.cancel();
  }

  rewind(): void {
    this.#input.rewind();
    this.#reader = new AnyCaptureReader({ name: this.#name });
    this.#ended = false;
  }

  get frame(): Uint8Array {
    return this.#reader.frame;
  }

  get originalLength(): number {
    return this.#reader.originalLength;
  }

  get ethernet(): boolean {
    return this.#reader.linkType === LINKTYPE_ETHERNET;
  }

  get recordedSeconds(): number {
    const seconds = this.#reader.timestampSeconds - this.#firstSeconds;
    return seconds + (this.#reader.timestampNanoseconds - this.#firstNanoseconds) * NANOSECOND;
  }

  get virtioNetHeader(): Uint8Array {
    return this.#reader.virtioNetHeader;
  }

  get checksumFinished(): boolean {
    return this.#reader.checksumFinished;
  }

  get fraction(): number | undefined {
    const { byteCount } = this.#input;
    return byteCount === undefined ? undefined : Math.min(this.#reader.position / byteCount, 1);
  }

  [Symbol.dispose](): void {
    this.#input[Symbol.dispose]();
  }

  #take(chunk: Uint8Array | undefined): boolean {
    if (chunk === undefined) {
      this.#ended = true;
      this.#reader.end();
    } else {
      this.#reader.push(chunk);
    }
    return true;
  }

  #begin(): void {
    this.#firstSeconds = this.#reader.timestampSeconds;
    this.#firstNanoseconds = this.#reader.timestampNanoseconds;
    if (this.ethernet || this.#reader.mixesLinkTypes) return;
    const { linkType } = this.#reader;
    throw new MalformedError(
      `cannot send "${this.#name}": its link type is ${describeLinkType(linkType)}, not Ethernet (1)`,
      0,
    );
  }
}
