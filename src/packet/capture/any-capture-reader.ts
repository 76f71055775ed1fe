import { ByteQueue } from '../bytes/byte-queue.js';
import {
  type CaptureReader,
  type CaptureReaderOptions,
  LINKTYPE_UNKNOWN,
  type PacketDirection,
  QUEUE_UNKNOWN,
} from './capture-reader.js';
import { PcapReader } from './pcap-reader.js';
import { BLOCK_TYPE_SHB } from './pcapng-format.js';
import { PcapngReader } from './pcapng-reader.js';

const MAGIC_SIZE = 4;
const NO_BYTES = new Uint8Array(0);

/** Reads a capture in whichever format its first four bytes name: pcap or pcapng. */
export class AnyCaptureReader implements CaptureReader {
  readonly #options: CaptureReaderOptions;
  readonly #waiting = new ByteQueue();
  #ended = false;
  #reader: PcapReader | PcapngReader | undefined;

  constructor(options: CaptureReaderOptions = {}) {
    this.#options = options;
  }

  push(chunk: Uint8Array): void {
    if (this.#reader !== undefined) this.#reader.push(chunk);
    else this.#waiting.append(chunk);
  }

  end(): void {
    this.#ended = true;
    this.#reader?.end();
  }

  next(): boolean {
    if (this.#reader === undefined) {
      if (this.#waiting.length < MAGIC_SIZE && !this.#ended) return false;
      this.#reader = this.#chooseReader();
    }
    return this.#reader.next();
  }

  /** Hands over what has arrived. An input too short to have a format is left to the pcap reader to refuse. */
  #chooseReader(): PcapReader | PcapngReader {
    const { bytes, view, start, end, length } = this.#waiting;
    const magic = length < MAGIC_SIZE ? 0 : view.getUint32(start, false);
    const isPcapng = magic === BLOCK_TYPE_SHB;
    const reader = isPcapng ? new PcapngReader(this.#options) : new PcapReader(this.#options);
    reader.push(bytes.subarray(start, end));
    if (this.#ended) reader.end();
    return reader;
  }

  get headerKnown(): boolean {
    return this.#reader?.headerKnown ?? false;
  }

  /** Bytes of the input up to the end of the current record. */
  get position(): number {
    return this.#reader?.position ?? 0;
  }

  /** Whether another record may have another link type: so in pcapng. */
  get mixesLinkTypes(): boolean {
    return this.#reader instanceof PcapngReader;
  }

  get linkType(): number {
    return this.#reader?.linkType ?? LINKTYPE_UNKNOWN;
  }

  get frame(): Uint8Array {
    return this.#reader?.frame ?? NO_BYTES;
  }

  get capturedLength(): number {
    return this.#reader?.capturedLength ?? 0;
  }

  get originalLength(): number {
    return this.#reader?.originalLength ?? 0;
  }

  get timestampSeconds(): number {
    return this.#reader?.timestampSeconds ?? 0;
  }

  get timestampNanoseconds(): number {
    return this.#reader?.timestampNanoseconds ?? 0;
  }

  get recordNumber(): number {
    return this.#reader?.recordNumber ?? 0;
  }

  get interfaceName(): string {
    return this.#reader?.interfaceName ?? '';
  }

  get queue(): number {
    return this.#reader?.queue ?? QUEUE_UNKNOWN;
  }

  get direction(): PacketDirection {
    return this.#reader?.direction ?? 'unknown';
  }

  get virtioNetHeader(): Uint8Array {
    return this.#reader?.virtioNetHeader ?? NO_BYTES;
  }

  get checksumFinished(): boolean {
    return this.#reader?.checksumFinished ?? false;
  }

  get interfaceId(): number {
    return this.#reader?.interfaceId ?? 0;
  }
}
