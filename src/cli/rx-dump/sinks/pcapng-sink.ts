import { QUEUE_UNKNOWN } from '../../../packet/capture/capture-record.js';
import { CAPTURED_LENGTH_MAX } from '../../../packet/capture/pcap-format.js';
import {
  type PcapngPacket,
  PcapngWriter,
  pcapngPacketSizeMax,
} from '../../../packet/capture/pcapng-writer.js';
import type { CapturedFrame, CapturedInterface } from './captured-frame.js';
import type { CaptureStatistics, FrameSink } from './frame-sink.js';

/** What the blocks that describe the section, or one interface, take besides the names in them. */
const DESCRIPTION_BYTES = 128;
/** Bytes of one character in UTF-8, at most, counted in UTF-16 units. */
const UTF8_BYTES_MAX = 3;

const NO_BYTES = new Uint8Array();

/**
 * Frames as a pcapng file: nanoseconds, queue, direction, interface, the virtio-net header in rtap's own option, and
 * statistics at the end.
 */
export class PcapngSink implements FrameSink {
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
  readonly #block = new Uint8Array(pcapngPacketSizeMax(CAPTURED_LENGTH_MAX));
  readonly #writer = new PcapngWriter(this.#block, true);
  /** The packet that was encoded last: those of one size need no view of their own. */
  #encoded = this.#block.subarray(0, 0);
  /** Interfaces that the current file describes, and those that it will with the item that is on its way. */
  #described: number;
  #promised: number;

  /** `interfaces` may grow while frames come; `application` is what the file says of its writer. */
  constructor(interfaces: readonly CapturedInterface[], application: string, snapBytes: number) {
    this.#interfaces = interfaces;
    this.#application = application;
    this.#snapBytes = snapBytes;
    this.#described = interfaces.length;
    this.#promised = interfaces.length;
  }

  begin(): Uint8Array {
    const section = new Uint8Array(DESCRIPTION_BYTES + this.#application.length * UTF8_BYTES_MAX);
    const size = new PcapngWriter(section, true).sectionHeader(0, this.#application);
    return Buffer.concat([section.subarray(0, size), ...this.#describe(0, this.#described)]);
  }

  encode(frame: CapturedFrame): Uint8Array {
    const size = this.#encodePacket(frame);
    if (this.#encoded.length !== size) this.#encoded = this.#block.subarray(0, size);
    const block = this.#encoded;
    this.#promised = Math.max(this.#described, frame.interfaceId + 1);
    if (this.#promised === this.#described) return block;
    return Buffer.concat([...this.#describe(this.#described, this.#promised), block]);
  }

  written(): void {
    this.#described = this.#promised;
  }

  end(statistics: CaptureStatistics | undefined): Uint8Array {
    if (statistics === undefined) return NO_BYTES;
    const { received, missed, accepted, written, ...times } = statistics;
    const size = this.#writer.interfaceStatistics(0, {
      ...times,
      interfaceId: 0,
      received,
      dropped: missed,
      accepted,
      delivered: written,
    });
    return this.#block.subarray(0, size);
  }

  #encodePacket(frame: CapturedFrame): number {
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
    return this.#writer.packet(0, packet);
  }

  #describe(from: number, to: number): Uint8Array[] {
    return this.#interfaces.slice(from, to).map(({ name }) => {
      const block = new Uint8Array(DESCRIPTION_BYTES + name.length * UTF8_BYTES_MAX);
      const size = new PcapngWriter(block, true).interfaceDescription(0, {
        name,
        snapshotBytes: this.#snapBytes,
      });
      return block.subarray(0, size);
    });
  }
}
