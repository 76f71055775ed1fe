import { PCAP_FILE_HEADER_SIZE, PCAP_RECORD_HEADER_SIZE } from '../../packet/pcap-format.js';
import { encodePcapFileHeader, encodePcapRecord } from '../../packet/pcap-writer.js';
import { RECEIVED_FRAME_BYTES_MAX } from '../../tap/frame-arena.js';
import type { FrameSink, ReceivedFrame } from './frame-sink.js';

/** Frames as a pcap file with nanoseconds. */
export class PcapSink implements FrameSink {
  readonly #record = new Uint8Array(PCAP_RECORD_HEADER_SIZE + RECEIVED_FRAME_BYTES_MAX);
  readonly #snapBytes: number;

  /** Keeps at most `snapBytes` of each frame. */
  constructor(snapBytes: number) {
    this.#snapBytes = snapBytes;
  }

  begin(): Uint8Array {
    const header = new Uint8Array(PCAP_FILE_HEADER_SIZE);
    encodePcapFileHeader(header, 0, { snapshotBytes: this.#snapBytes });
    return header;
  }

  encode({ bytes, seconds, nanoseconds }: ReceivedFrame): Uint8Array {
    const captured = Math.min(bytes.length, this.#snapBytes);
    const length = encodePcapRecord(this.#record, 0, seconds, nanoseconds, bytes, captured, bytes.length);
    return this.#record.subarray(0, length);
  }
}
