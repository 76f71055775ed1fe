import type { ByteQueue } from '../bytes/byte-queue.js';
import { type CaptureRecord, LINKTYPE_UNKNOWN, type RecordReader } from './capture-record.js';
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
import { PcapngOptions } from './pcapng-options.js';
import { readPacketOptions } from './pcapng-packet-options.js';

/**
 * Reads the records of a pcapng: any number of sections in either byte order, interfaces with clocks of any resolution,
 * enhanced, simple and obsolete packet blocks. Other blocks are passed over.
 *
 * On the data path of tx-inject: a record costs no allocation.
 */
export class PcapngReader implements RecordReader {
  readonly #blocks: PcapngBlockReader;
  readonly #record: CaptureRecord;
  readonly #options = new PcapngOptions();
  #interfaces: PcapngInterface[] = [];
  /** Interfaces of the sections before the current one. */
  #interfacesBefore = 0;

  /** Fills `record` from `queue`, whose first four bytes have come. `name` is for errors. */
  constructor(queue: ByteQueue, record: CaptureRecord, name: string) {
    this.#blocks = new PcapngBlockReader(queue, name);
    this.#record = record;
  }

  next(ended: boolean): boolean {
    while (this.#blocks.next(ended)) {
      if (this.#readBlock(this.#blocks)) return true;
    }
    return false;
  }

  /** True if the block holds a packet, which is then the current record. */
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
    if (this.#record.number === 0) this.#record.linkType = LINKTYPE_UNKNOWN;
  }

  #readInterface(block: PcapngBlockReader): void {
    const described = readPcapngInterface(block.view, block.start, block.byteCount, block.littleEndian);
    if (described === undefined) throw block.corruptError('an option is longer than the block');
    const isFirst = this.#interfaces.push(described) === 1;
    if (isFirst && this.#record.number === 0) this.#record.linkType = described.linkType;
  }

  #readPacket(block: PcapngBlockReader, interfaceId: number): void {
    const record = this.#record;
    const { view, start, byteCount, littleEndian } = block;
    const captured = view.getUint32(start + EPB_CAPTURED_LENGTH, littleEndian);
    const { clock, fcsBytes } = this.#take(block, interfaceId, EPB_DATA, captured, byteCount - EPB_SIZE_MIN);
    record.originalLength = view.getUint32(start + EPB_ORIGINAL_LENGTH, littleEndian);
    const high = view.getUint32(start + EPB_TIMESTAMP_HIGH, littleEndian);
    clock.read(high, view.getUint32(start + EPB_TIMESTAMP_LOW, littleEndian));
    record.timed = true;
    record.seconds = clock.seconds;
    record.exactSeconds = clock.exactSeconds;
    record.nanoseconds = clock.nanoseconds;
    const options = start + EPB_DATA + paddedLength(captured);
    this.#options.reset(view, littleEndian, options, start + byteCount - BLOCK_TRAILER_SIZE);
    record.leaveOutCheckSequence(readPacketOptions(this.#options, view, littleEndian, record) || fcsBytes);
  }

  /** A simple packet has neither time nor options. It is of the first interface and cut at its snapshot length. */
  #readSimplePacket(block: PcapngBlockReader): void {
    const record = this.#record;
    const { view, start, byteCount, littleEndian } = block;
    const original = view.getUint32(start + SPB_ORIGINAL_LENGTH, littleEndian);
    const captured = Math.min(original, this.#interfaces[0]?.snapshotBytes || original);
    const { fcsBytes } = this.#take(block, 0, SPB_DATA, captured, byteCount - SPB_SIZE_MIN);
    record.originalLength = original;
    record.timed = false;
    record.seconds = 0;
    record.exactSeconds = undefined;
    record.nanoseconds = 0;
    this.#options.reset(view, littleEndian, 0, 0);
    readPacketOptions(this.#options, view, littleEndian, record);
    record.leaveOutCheckSequence(fcsBytes);
  }

  /** Makes a packet the current record and returns its interface. Throws if the block cannot hold it. */
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
      throw block.corruptError(`it names interface ${interfaceId}, but its section has ${count}`);
    }
    const most = Math.min(room, CAPTURED_LENGTH_MAX);
    if (captured > most)
      throw block.corruptError(`its captured length is ${captured}, at most ${most} wanted`);
    const record = this.#record;
    record.number = block.packetNumber;
    record.linkType = known.linkType;
    record.interfaceName = known.name;
    record.interfaceId = this.#interfacesBefore + interfaceId;
    record.placeFrame(block.start + dataOffset, captured, dataOffset);
    return known;
  }
}
