import { VIRTIO_NET_HDR_MRG_RXBUF_SIZE, VIRTIO_NET_HDR_SIZE } from '../headers/virtio-net-header.js';
import { type PacketDirection, QUEUE_UNKNOWN } from './capture-record.js';
import { CAPTURED_LENGTH_MAX, LINKTYPE_ETHERNET } from './pcap-format.js';
import { PcapngBlockWriter } from './pcapng-block-writer.js';
import {
  BLOCK_TRAILER_SIZE,
  BLOCK_TYPE_EPB,
  BLOCK_TYPE_IDB,
  BLOCK_TYPE_ISB,
  BLOCK_TYPE_SHB,
  BLOCK_TYPE_SPB,
  BYTE_ORDER_MAGIC,
  CUSTOM_ENTERPRISE_NUMBER,
  CUSTOM_HEADER,
  CUSTOM_HEADER_LENGTH,
  CUSTOM_MARKER,
  CUSTOM_STATE,
  CUSTOM_STATE_CHECKSUM_FINISHED,
  EPB_CAPTURED_LENGTH,
  EPB_DATA,
  EPB_FLAGS,
  EPB_FLAGS_INBOUND,
  EPB_FLAGS_OUTBOUND,
  EPB_INTERFACE_ID,
  EPB_ORIGINAL_LENGTH,
  EPB_QUEUE,
  EPB_SIZE_MIN,
  EPB_TIMESTAMP_HIGH,
  IDB_LINKTYPE,
  IDB_OPTIONS,
  IDB_RESERVED,
  IDB_SIZE_MIN,
  IDB_SNAPLEN,
  IF_NAME,
  IF_TSRESOL,
  ISB_ENDTIME,
  ISB_FILTERACCEPT,
  ISB_IFDROP,
  ISB_IFRECV,
  ISB_INTERFACE_ID,
  ISB_OPTIONS,
  ISB_STARTTIME,
  ISB_TIMESTAMP_HIGH,
  ISB_USRDELIV,
  OPT_COMMENT,
  OPT_CUSTOM_BINARY,
  OPTION_HEADER_SIZE,
  PCAPNG_VERSION_MAJOR,
  PCAPNG_VERSION_MINOR,
  paddedLength,
  SHB_BYTE_ORDER_MAGIC,
  SHB_OPTIONS,
  SHB_SECTION_LENGTH,
  SHB_SIZE_MIN,
  SHB_USERAPPL,
  SHB_VERSION_MAJOR,
  SHB_VERSION_MINOR,
  SPB_DATA,
  SPB_ORIGINAL_LENGTH,
} from './pcapng-format.js';

const UTF8 = new TextEncoder();
const TSRESOL_NANOSECONDS = 9;
const PEN_SIZE = 4;
/** Most bytes of UTF-8 that one unit of UTF-16 takes. */
const UTF8_BYTES_MAX = 3;

/** What the options of one packet may add to its block: flags, queue, virtio-net header, end. */
const PACKET_OPTIONS_SIZE_MAX =
  2 * (OPTION_HEADER_SIZE + 4) +
  (OPTION_HEADER_SIZE + paddedLength(CUSTOM_HEADER + VIRTIO_NET_HDR_MRG_RXBUF_SIZE)) +
  OPTION_HEADER_SIZE;

export interface PcapngInterfaceDescription {
  readonly name: string;
  /** Most bytes that a packet of it has. @default CAPTURED_LENGTH_MAX */
  readonly snapshotBytes?: number;
  /** @default LINKTYPE_ETHERNET */
  readonly linkType?: number;
}

/** One packet. The writer keeps nothing of it, so that one object can serve for all packets. */
export interface PcapngPacket {
  interfaceId: number;
  /** Since 1970 in UTC. */
  seconds: number;
  nanoseconds: number;
  frame: Uint8Array;
  /** How many bytes of `frame` to write. */
  capturedLength: number;
  originalLength: number;
  direction: PacketDirection;
  /** QUEUE_UNKNOWN writes none. */
  queue: number;
  /** Little-endian, 10 or 12 bytes; empty writes none. A longer one is cut to 12. */
  virtioNetHeader: Uint8Array;
  /** Whether the checksum that `virtioNetHeader` leaves unfinished is finished in `frame`. */
  checksumFinished: boolean;
}

/** Counts of an interface at the end of a capture; what is undefined is not written. */
export interface PcapngInterfaceStatistics {
  readonly interfaceId: number;
  readonly startSeconds: number;
  readonly startNanoseconds: number;
  readonly endSeconds: number;
  readonly endNanoseconds: number;
  /** Packets that reached the interface: isb_ifrecv. */
  readonly received: number | undefined;
  /** Packets that were dropped because there was no room: isb_ifdrop. */
  readonly dropped: number | undefined;
  /** Packets that the filter let through: isb_filteraccept. */
  readonly accepted: number | undefined;
  /** Packets of these that the user got: isb_usrdeliv. @default none */
  readonly delivered?: number | undefined;
}

/** Most bytes that the block of a packet of `capturedLength` takes. */
export function pcapngPacketSizeMax(capturedLength: number): number {
  return EPB_SIZE_MIN + paddedLength(capturedLength) + PACKET_OPTIONS_SIZE_MAX;
}

/** Most bytes that a section header takes whose writer calls itself `application`. */
export function pcapngSectionSizeMax(application: string, comment = ''): number {
  return SHB_SIZE_MIN + textOptionSizeMax(application) + textOptionSizeMax(comment) + OPTION_HEADER_SIZE;
}

/** Most bytes that the description of an interface of this name takes. */
export function pcapngInterfaceSizeMax(name: string): number {
  return IDB_SIZE_MIN + textOptionSizeMax(name) + (OPTION_HEADER_SIZE + 4) + OPTION_HEADER_SIZE;
}

/** Most bytes that an interface statistics block takes: two times, four counts, the end of its options. */
export const STATISTICS_SIZE_MAX =
  ISB_OPTIONS + 6 * (OPTION_HEADER_SIZE + 8) + OPTION_HEADER_SIZE + BLOCK_TRAILER_SIZE;

function textOptionSizeMax(text: string): number {
  return OPTION_HEADER_SIZE + paddedLength(text.length * UTF8_BYTES_MAX);
}

/**
 * Writes the blocks of a pcapng file into a buffer of the caller, little-endian, with times in nanoseconds: a section
 * header, an interface description for each interface, packets, and statistics at the end. Each method writes at
 * `offset`, where there must be room, and returns the bytes that it wrote.
 */
export class PcapngWriter {
  readonly #block: PcapngBlockWriter;
  readonly #custom = new Uint8Array(CUSTOM_HEADER + VIRTIO_NET_HDR_MRG_RXBUF_SIZE);
  readonly #shortCustom = this.#custom.subarray(0, CUSTOM_HEADER + VIRTIO_NET_HDR_SIZE);

  constructor(target: Uint8Array) {
    this.#block = new PcapngBlockWriter(target);
    this.#custom.set(customOptionHead());
  }

  /** An empty comment is none. */
  sectionHeader(offset: number, application: string, comment = ''): number {
    const block = this.#block;
    block.begin(BLOCK_TYPE_SHB, offset, SHB_OPTIONS);
    block.putUint32(SHB_BYTE_ORDER_MAGIC, BYTE_ORDER_MAGIC);
    block.putUint16(SHB_VERSION_MAJOR, PCAPNG_VERSION_MAJOR);
    block.putUint16(SHB_VERSION_MINOR, PCAPNG_VERSION_MINOR);
    block.putUint32(SHB_SECTION_LENGTH, 0xffffffff);
    block.putUint32(SHB_SECTION_LENGTH + 4, 0xffffffff);
    if (comment !== '') block.option(OPT_COMMENT, UTF8.encode(comment));
    block.option(SHB_USERAPPL, UTF8.encode(application));
    return block.end(true);
  }

  /** The first interface of the section gets the id 0, each further one the next. */
  interfaceDescription(offset: number, description: PcapngInterfaceDescription): number {
    const block = this.#block;
    block.begin(BLOCK_TYPE_IDB, offset, IDB_OPTIONS);
    block.putUint16(IDB_LINKTYPE, description.linkType ?? LINKTYPE_ETHERNET);
    block.putUint16(IDB_RESERVED, 0);
    block.putUint32(IDB_SNAPLEN, description.snapshotBytes ?? CAPTURED_LENGTH_MAX);
    block.option(IF_NAME, UTF8.encode(description.name));
    block.optionUint8(IF_TSRESOL, TSRESOL_NANOSECONDS);
    return block.end(true);
  }

  /** On the data path of rx-dump: allocates nothing for a frame that is written whole. */
  packet(offset: number, packet: PcapngPacket): number {
    const block = this.#block;
    block.begin(BLOCK_TYPE_EPB, offset, EPB_DATA);
    block.putUint32(EPB_INTERFACE_ID, packet.interfaceId);
    block.putTimestamp(EPB_TIMESTAMP_HIGH, packet.seconds, packet.nanoseconds);
    block.putUint32(EPB_CAPTURED_LENGTH, packet.capturedLength);
    block.putUint32(EPB_ORIGINAL_LENGTH, packet.originalLength);
    block.data(packet.frame, packet.capturedLength);
    const hasFlags = packet.direction !== 'unknown';
    const hasQueue = packet.queue !== QUEUE_UNKNOWN;
    const hasHeader = packet.virtioNetHeader.length > 0;
    if (hasFlags) block.optionUint32(EPB_FLAGS, encodeDirection(packet.direction));
    if (hasQueue) block.optionUint32(EPB_QUEUE, packet.queue);
    if (hasHeader) this.#virtioNetOption(packet.virtioNetHeader, packet.checksumFinished);
    return block.end(hasFlags || hasQueue || hasHeader);
  }

  /**
   * A packet without a time, of the first interface. The block has neither options nor a captured length: that must be the
   * original length, or the most bytes that a packet of the interface has.
   */
  simplePacket(offset: number, packet: PcapngPacket): number {
    const block = this.#block;
    block.begin(BLOCK_TYPE_SPB, offset, SPB_DATA);
    block.putUint32(SPB_ORIGINAL_LENGTH, packet.originalLength);
    block.data(packet.frame, packet.capturedLength);
    return block.end(false);
  }

  interfaceStatistics(offset: number, statistics: PcapngInterfaceStatistics): number {
    const block = this.#block;
    const { received, dropped, accepted, delivered } = statistics;
    block.begin(BLOCK_TYPE_ISB, offset, ISB_OPTIONS);
    block.putUint32(ISB_INTERFACE_ID, statistics.interfaceId);
    block.putTimestamp(ISB_TIMESTAMP_HIGH, statistics.endSeconds, statistics.endNanoseconds);
    block.optionTimestamp(ISB_STARTTIME, statistics.startSeconds, statistics.startNanoseconds);
    block.optionTimestamp(ISB_ENDTIME, statistics.endSeconds, statistics.endNanoseconds);
    if (received !== undefined) block.optionUint64(ISB_IFRECV, received);
    if (dropped !== undefined) block.optionUint64(ISB_IFDROP, dropped);
    if (accepted !== undefined) block.optionUint64(ISB_FILTERACCEPT, accepted);
    if (delivered !== undefined) block.optionUint64(ISB_USRDELIV, delivered);
    return block.end(true);
  }

  #virtioNetOption(header: Uint8Array, checksumFinished: boolean): void {
    const value = header.length < VIRTIO_NET_HDR_MRG_RXBUF_SIZE ? this.#shortCustom : this.#custom;
    const headerBytes = value.length - CUSTOM_HEADER;
    value[CUSTOM_STATE] = checksumFinished ? CUSTOM_STATE_CHECKSUM_FINISHED : 0;
    value[CUSTOM_HEADER_LENGTH] = headerBytes;
    for (let index = 0; index < headerBytes; index++) value[CUSTOM_HEADER + index] = header[index]!;
    this.#block.option(OPT_CUSTOM_BINARY, value);
  }
}

/** The beginning of the value of rtap's own option: who defines it, and that it is rtap's. */
export function customOptionHead(): Uint8Array {
  const head = new Uint8Array(PEN_SIZE + CUSTOM_MARKER.length);
  new DataView(head.buffer).setUint32(0, CUSTOM_ENTERPRISE_NUMBER, true);
  head.set(CUSTOM_MARKER, PEN_SIZE);
  return head;
}

function encodeDirection(direction: PacketDirection): number {
  return direction === 'inbound' ? EPB_FLAGS_INBOUND : EPB_FLAGS_OUTBOUND;
}
