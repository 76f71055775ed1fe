import { QUEUE_UNKNOWN } from '../../../packet/capture/capture-record.js';
import { PcapngCopier } from '../../../packet/capture/pcapng-copier.js';
import {
  type PcapngPacket,
  PcapngWriter,
  pcapngInterfaceSizeMax,
  pcapngPacketSizeMax,
  pcapngSectionSizeMax,
  STATISTICS_SIZE_MAX,
} from '../../../packet/capture/pcapng-writer.js';
import type { PlacedFrame } from '../../../packet/capture/placed-frame.js';
import { NO_ROOM } from '../../output/output-writer.js';
import type { CapturedFrame, CapturedInterface } from './captured-frame.js';
import type { CaptureSink, CaptureStatistics, ItemBuffer } from './frame-sink.js';

const NO_BYTES = new Uint8Array();

/**
 * Frames as a pcapng file: nanoseconds, queue, direction, interface, the virtio-net header in rtap's own option, and
 * statistics at the end.
 */
export class PcapngSink implements CaptureSink {
  readonly #interfaces: readonly CapturedInterface[];
  readonly #application: string;
  readonly #snapBytes: number;
  readonly #packet: PcapngPacket = {
    interfaceId: 0,
    seconds: 0,
    nanoseconds: 0,
    frame: NO_BYTES,
    capturedLength: 0,
    originalLength: 0,
    direction: 'unknown',
    queue: QUEUE_UNKNOWN,
    virtioNetHeader: NO_BYTES,
    checksumFinished: false,
  };
  /** Writes into the output's buffer. */
  #writer = new PcapngWriter(NO_BYTES);
  #target: Uint8Array = NO_BYTES;
  #copier: PcapngCopier | undefined;
  /** So many of the first interfaces are described at the beginning of each file. */
  readonly #describedFirst: number;
  /** The other interfaces that the current file describes, and the numbers that they have there. */
  readonly #described = new Map<number, number>();

  /**
   * `interfaces` may grow while frames come. A file describes those that there are now, and of the others those that it has
   * frames of. `application` is what the file says of its writer.
   */
  constructor(interfaces: readonly CapturedInterface[], application: string, snapBytes: number) {
    this.#interfaces = interfaces;
    this.#application = application;
    this.#snapBytes = snapBytes;
    this.#describedFirst = interfaces.length;
  }

  begin(comment?: string): Uint8Array {
    this.#described.clear();
    const first = this.#interfaces.slice(0, this.#describedFirst);
    const descriptionsSizeMax = first.reduce((sum, { name }) => sum + pcapngInterfaceSizeMax(name), 0);
    const head = new Uint8Array(pcapngSectionSizeMax(this.#application, comment) + descriptionsSizeMax);
    const writer = new PcapngWriter(head);
    let size = writer.sectionHeader(0, this.#application, comment);
    for (const { name } of first) size += this.#describe(writer, size, name);
    return head.subarray(0, size);
  }

  write(frame: CapturedFrame, output: ItemBuffer): boolean {
    const { interfaceId } = frame;
    const packetBytes = pcapngPacketSizeMax(frame.bytes.length);
    if (interfaceId >= this.#describedFirst) return this.#writeDescribed(frame, output, packetBytes);
    const offset = output.reserve(packetBytes);
    if (offset === NO_ROOM) return false;
    return output.commit(this.#encode(frame, interfaceId, output.buffer, offset));
  }

  /** The same bytes as `write`, in words. */
  copy(frame: PlacedFrame, output: ItemBuffer): boolean {
    const offset = output.reserve(pcapngPacketSizeMax(frame.length));
    if (offset === NO_ROOM) return false;
    const writer = this.#writerFor(output.buffer);
    const copier = this.#copier;
    const isWords = copier !== undefined && (offset & 3) === 0;
    return output.commit(isWords ? copier.packet(offset, frame) : this.#encodePlaced(frame, writer, offset));
  }

  end(statistics: CaptureStatistics | undefined): Uint8Array {
    if (statistics === undefined) return NO_BYTES;
    const { received, missed, accepted, written, ...times } = statistics;
    const tail = new Uint8Array(STATISTICS_SIZE_MAX);
    const size = new PcapngWriter(tail).interfaceStatistics(0, {
      ...times,
      interfaceId: 0,
      received,
      dropped: missed,
      accepted,
      delivered: written,
    });
    return tail.subarray(0, size);
  }

  /** The first frame of an interface in a file is one item with the description of the interface. */
  #writeDescribed(frame: CapturedFrame, output: ItemBuffer, packetBytes: number): boolean {
    const { interfaceId } = frame;
    const name = this.#interfaces[interfaceId]?.name ?? '';
    // Room for both, because a new file, which describes nothing yet, may begin in `reserve`.
    const offset = output.reserve(pcapngInterfaceSizeMax(name) + packetBytes);
    if (offset === NO_ROOM) return false;
    const known = this.#described.get(interfaceId);
    const id = known ?? this.#describedFirst + this.#described.size;
    const writer = this.#writerFor(output.buffer);
    const at = known === undefined ? offset + this.#describe(writer, offset, name) : offset;
    if (!output.commit(at - offset + this.#encode(frame, id, output.buffer, at))) return false;
    if (known === undefined) this.#described.set(interfaceId, id);
    return true;
  }

  #encode(frame: CapturedFrame, interfaceId: number, target: Uint8Array, offset: number): number {
    const packet = this.#packet;
    packet.interfaceId = interfaceId;
    packet.seconds = frame.seconds;
    packet.nanoseconds = frame.nanoseconds;
    packet.frame = frame.bytes;
    packet.capturedLength = frame.bytes.length;
    packet.originalLength = frame.originalLength;
    packet.direction = frame.direction;
    packet.queue = frame.queue;
    packet.virtioNetHeader = frame.header;
    packet.checksumFinished = frame.checksumFinished;
    const writer = this.#writerFor(target);
    return frame.timed || !this.#isSimple(packet)
      ? writer.packet(offset, packet)
      : writer.simplePacket(offset, packet);
  }

  /** Whether a simple packet block, the only one without a time, can hold all of the packet. */
  #isSimple({
    interfaceId,
    capturedLength,
    originalLength,
    direction,
    queue,
    virtioNetHeader,
  }: PcapngPacket): boolean {
    const isBare = direction === 'unknown' && queue === QUEUE_UNKNOWN && virtioNetHeader.length === 0;
    return interfaceId === 0 && isBare && capturedLength === Math.min(originalLength, this.#snapBytes);
  }

  #encodePlaced(placed: PlacedFrame, writer: PcapngWriter, offset: number): number {
    const packet = this.#packet;
    const { bytes } = placed.memory;
    const header = placed.headerHalf * 2;
    packet.interfaceId = 0;
    packet.seconds = placed.seconds;
    packet.nanoseconds = placed.nanoseconds;
    packet.frame = bytes.subarray(placed.word * 4, placed.word * 4 + placed.length);
    packet.capturedLength = placed.length;
    packet.originalLength = placed.originalLength;
    packet.direction = placed.outbound ? 'outbound' : 'inbound';
    packet.queue = placed.queue;
    packet.virtioNetHeader = bytes.subarray(header, header + placed.headerBytes);
    packet.checksumFinished = placed.checksumFinished;
    return writer.packet(offset, packet);
  }

  /** An output has one buffer, so the writer and its view are made once. */
  #writerFor(target: Uint8Array): PcapngWriter {
    if (target !== this.#target) {
      this.#target = target;
      this.#writer = new PcapngWriter(target);
      this.#copier = PcapngCopier.into(target);
    }
    return this.#writer;
  }

  /** Describes an interface at `offset`; returns the bytes of the description. */
  #describe(writer: PcapngWriter, offset: number, name: string): number {
    return writer.interfaceDescription(offset, { name, snapshotBytes: this.#snapBytes });
  }
}
