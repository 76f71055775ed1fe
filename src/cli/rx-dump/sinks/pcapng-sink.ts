import { QUEUE_UNKNOWN } from '../../../packet/capture/capture-record.js';
import {
  type PcapngPacket,
  PcapngWriter,
  pcapngInterfaceSizeMax,
  pcapngPacketSizeMax,
  pcapngSectionSizeMax,
  STATISTICS_SIZE_MAX,
} from '../../../packet/capture/pcapng-writer.js';
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
  /** Interfaces that the current file describes. */
  #described: number;

  /** `interfaces` may grow while frames come; `application` is what the file says of its writer. */
  constructor(interfaces: readonly CapturedInterface[], application: string, snapBytes: number) {
    this.#interfaces = interfaces;
    this.#application = application;
    this.#snapBytes = snapBytes;
    this.#described = interfaces.length;
  }

  begin(): Uint8Array {
    const names = this.#interfaces.slice(0, this.#described);
    const sizeMax = pcapngSectionSizeMax(this.#application) + this.#descriptionsSizeMax(0, names.length);
    const head = new Uint8Array(sizeMax);
    const writer = new PcapngWriter(head);
    const size = writer.sectionHeader(0, this.#application);
    return head.subarray(0, this.#describe(writer, size, names));
  }

  write(frame: CapturedFrame, output: ItemBuffer): boolean {
    const packetBytes = pcapngPacketSizeMax(frame.bytes.length);
    if (frame.interfaceId >= this.#described) return this.#writeFirst(frame, output, packetBytes);
    const offset = output.reserve(packetBytes);
    if (offset === NO_ROOM) return false;
    return output.commit(this.#encode(frame, output.buffer, offset));
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

  /** The first frame of an interface: one item with the description of the interface. */
  #writeFirst(frame: CapturedFrame, output: ItemBuffer, packetBytes: number): boolean {
    // A new file may begin in `reserve`: it describes what the old one did.
    const end = frame.interfaceId + 1;
    const offset = output.reserve(this.#descriptionsSizeMax(this.#described, end) + packetBytes);
    if (offset === NO_ROOM) return false;
    const writer = this.#writerFor(output.buffer);
    const at = this.#describe(writer, offset, this.#interfaces.slice(this.#described, end));
    if (!output.commit(at - offset + this.#encode(frame, output.buffer, at))) return false;
    this.#described = end;
    return true;
  }

  #encode(frame: CapturedFrame, target: Uint8Array, offset: number): number {
    const packet = this.#packet;
    packet.interfaceId = frame.interfaceId;
    packet.seconds = frame.seconds;
    packet.nanoseconds = frame.nanoseconds;
    packet.frame = frame.bytes;
    packet.capturedLength = frame.bytes.length;
    packet.originalLength = frame.originalLength;
    packet.direction = frame.direction;
    packet.queue = frame.queue;
    packet.virtioNetHeader = frame.header;
    packet.checksumFinished = frame.checksumFinished;
    return this.#writerFor(target).packet(offset, packet);
  }

  /** An output has one buffer, so the writer and its view are made once. */
  #writerFor(target: Uint8Array): PcapngWriter {
    if (target !== this.#target) {
      this.#target = target;
      this.#writer = new PcapngWriter(target);
    }
    return this.#writer;
  }

  /** Describes `interfaces` from `offset` on; returns where they end. */
  #describe(writer: PcapngWriter, offset: number, interfaces: readonly CapturedInterface[]): number {
    let at = offset;
    for (const { name } of interfaces) {
      at += writer.interfaceDescription(at, { name, snapshotBytes: this.#snapBytes });
    }
    return at;
  }

  #descriptionsSizeMax(from: number, end: number): number {
    return this.#interfaces.slice(from, end).reduce((sum, { name }) => sum + pcapngInterfaceSizeMax(name), 0);
  }
}
