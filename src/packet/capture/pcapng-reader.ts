import {
  type CaptureReader,
  type CaptureReaderOptions,
  LINKTYPE_UNKNOWN,
  type PacketDirection,
} from './capture-reader.js';
import { CAPTURED_LENGTH_MAX } from './pcap-format.js';
import { PcapngBlockReader } from './pcapng-block-reader.js';
import {
  BLOCK_TRAILER_SIZE,
  BLOCK_TYPE_EPB,
  BLOCK_TYPE_IDB,
  BLOCK_TYPE_PB,
  BLOCK_TYPE_SHB,
  BLOCK_TYPE_SPB,
  EPB_CAPTURED_LENGTH,
  EPB_DATA,
  EPB_INTERFACE_ID,
  EPB_ORIGINAL_LENGTH,
  EPB_SIZE_MIN,
  EPB_TIMESTAMP_HIGH,
  EPB_TIMESTAMP_LOW,
  PB_INTERFACE_ID,
  PCAPNG_VERSION_MAJOR,
  paddedLength,
  SHB_VERSION_MAJOR,
  SHB_VERSION_MINOR,
  SPB_DATA,
  SPB_ORIGINAL_LENGTH,
  SPB_SIZE_MIN,
} from './pcapng-format.js';
import { type PcapngInterface, readPcapngInterface } from './pcapng-interface.js';
import { PcapngPacketFacts } from './pcapng-packet-options.js';

/**
 * Reads pcapng: any number of sections in either byte order, of interfaces with clocks of any resolution, and of
 * enhanced, simple and obsolete packet blocks. Other blocks are passed over.
 *
 * On the data path of tx-inject: a record costs no allocation unless its `frame` or its options are asked for.
 */
export class PcapngReader implements CaptureReader {
  readonly #blocks: PcapngBlockReader;
  readonly #facts = new PcapngPacketFacts();
  #interfaces: PcapngInterface[] = [];
  /** Interfaces of the sections before the current one. */
  #interfacesBefore = 0;
  #error: unknown;
  #headerKnown = false;

  // The current record. Its bytes stay in the block reader until the next push.
  #interface: PcapngInterface | undefined;
  #interfaceId = 0;
  #frame: Uint8Array | undefined;
  #frameOffset = 0;
  #capturedLength = 0;
  #originalLength = 0;
  #seconds = 0;
  #nanoseconds = 0;

  constructor(options: CaptureReaderOptions = {}) {
    this.#blocks = new PcapngBlockReader(options.name ?? '');
  }

  push(chunk: Uint8Array): void {
    this.#blocks.push(chunk);
  }

  end(): void {
    this.#blocks.end();
  }

  next(): boolean {
    if (this.#error !== undefined) throw this.#error;
    try {
      while (this.#blocks.next()) {
        if (this.#readBlock(this.#blocks)) return true;
      }
      return false;
    } catch (error) {
      this.#error = error;
      throw error;
    }
  }

  /** True when the block holds a packet, which is then the current record. */
  #readBlock(block: PcapngBlockReader): boolean {
    const { view, start, littleEndian } = block;
    switch (block.type) {
      case BLOCK_TYPE_SHB:
        this.#readSection(block);
        return false;
      case BLOCK_TYPE_IDB:
        this.#readInterface(block);
        return false;
      case BLOCK_TYPE_EPB:
        this.#readPacket(block, view.getUint32(start + EPB_INTERFACE_ID, littleEndian));
        return true;
      case BLOCK_TYPE_PB:
        this.#readPacket(block, view.getUint16(start + PB_INTERFACE_ID, littleEndian));
        return true;
      case BLOCK_TYPE_SPB:
        this.#readSimplePacket(block);
        return true;
      default:
        return false;
    }
  }

  #readSection(block: PcapngBlockReader): void {
    const major = block.view.getUint16(block.start + SHB_VERSION_MAJOR, block.littleEndian);
    if (major !== PCAPNG_VERSION_MAJOR) {
      const minor = block.view.getUint16(block.start + SHB_VERSION_MINOR, block.littleEndian);
      throw block.corruptError(`its version is ${major}.${minor}, 1.0 wanted`);
    }
    this.#interfacesBefore += this.#interfaces.length;
    this.#interfaces = [];
    this.#headerKnown = true;
  }

  #readInterface(block: PcapngBlockReader): void {
    const described = readPcapngInterface(block.view, block.start, block.byteCount, block.littleEndian);
    if (described === undefined) throw block.corruptError('an option is longer than the block');
    this.#interfaces.push(described);
  }

  #readPacket(block: PcapngBlockReader, interfaceId: number): void {
    const { view, start, byteCount, littleEndian } = block;
    const captured = view.getUint32(start + EPB_CAPTURED_LENGTH, littleEndian);
    const { clock } = this.#take(block, interfaceId, EPB_DATA, captured, byteCount - EPB_SIZE_MIN);
    this.#originalLength = view.getUint32(start + EPB_ORIGINAL_LENGTH, littleEndian);
    const high = view.getUint32(start + EPB_TIMESTAMP_HIGH, littleEndian);
    clock.read(high, view.getUint32(start + EPB_TIMESTAMP_LOW, littleEndian));
    this.#seconds = clock.seconds;
    this.#nanoseconds = clock.nanoseconds;
    const options = start + EPB_DATA + paddedLength(captured);
    this.#facts.reset(view, littleEndian, options, start + byteCount - BLOCK_TRAILER_SIZE);
  }

  /** It has neither time nor options, belongs to the first interface, and is cut at its snapshot length. */
  #readSimplePacket(block: PcapngBlockReader): void {
    const original = block.view.getUint32(block.start + SPB_ORIGINAL_LENGTH, block.littleEndian);
    const captured = Math.min(original, this.#interfaces[0]?.snapshotBytes || original);
    this.#take(block, 0, SPB_DATA, captured, block.byteCount - SPB_SIZE_MIN);
    this.#originalLength = original;
    this.#seconds = 0;
    this.#nanoseconds = 0;
    this.#facts.reset(block.view, block.littleEndian, 0, 0);
  }

  /** Makes a packet the current record and returns its interface, or throws when the block cannot hold it. */
  #take(
    block: PcapngBlockReader,
    interfaceId: number,
    dataOffset: number,
    captured: number,
    room: number,
  ): PcapngInterface {
    const known = this.#interfaces[interfaceId];
    if (known === undefined) {
      const count = this.#interfaces.length;
      throw block.corruptError(`it is of interface ${interfaceId}, of which its section has ${count}`);
    }
    const most = Math.min(room, CAPTURED_LENGTH_MAX);
    if (captured > most)
      throw block.corruptError(`its captured length is ${captured}, at most ${most} wanted`);
    this.#interface = known;
    this.#interfaceId = this.#interfacesBefore + interfaceId;
    this.#frame = undefined;
    this.#frameOffset = block.start + dataOffset;
    this.#capturedLength = captured;
    return known;
  }

  get headerKnown(): boolean {
    return this.#headerKnown;
  }

  /** Bytes of the input up to the end of the current record. */
  get position(): number {
    return this.#blocks.position;
  }

  get linkType(): number {
    return this.#interface?.linkType ?? this.#interfaces[0]?.linkType ?? LINKTYPE_UNKNOWN;
  }

  get frame(): Uint8Array {
    this.#frame ??= this.#blocks.bytes.subarray(this.#frameOffset, this.#frameOffset + this.#capturedLength);
    return this.#frame;
  }

  get capturedLength(): number {
    return this.#capturedLength;
  }

  get originalLength(): number {
    return this.#originalLength;
  }

  get timestampSeconds(): number {
    return this.#seconds;
  }

  get timestampNanoseconds(): number {
    return this.#nanoseconds;
  }

  get recordNumber(): number {
    return this.#blocks.packetNumber;
  }

  get interfaceName(): string {
    return this.#interface?.name ?? '';
  }

  get queue(): number {
    return this.#facts.queue;
  }

  get direction(): PacketDirection {
    return this.#facts.direction;
  }

  get virtioNetHeader(): Uint8Array {
    return this.#facts.virtioNetHeader;
  }

  get interfaceId(): number {
    return this.#interfaceId;
  }

  get checksumFinished(): boolean {
    return this.#facts.checksumFinished;
  }
}
