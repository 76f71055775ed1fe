import {
  CAPTURED_LENGTH_MAX,
  PCAP_FILE_HEADER_SIZE,
  PCAP_RECORD_HEADER_SIZE,
} from '../../../packet/capture/pcap-format.js';
import { encodePcapFileHeader, encodePcapRecord } from '../../../packet/capture/pcap-writer.js';
import type { CapturedFrame } from './captured-frame.js';
import type { FrameSink } from './frame-sink.js';

const NOTHING = new Uint8Array();

/** Frames as a pcap file with nanoseconds. */
export class PcapSink implements FrameSink {
  readonly #record = new Uint8Array(PCAP_RECORD_HEADER_SIZE + CAPTURED_LENGTH_MAX);
  readonly #snapBytes: number;

  /** The file's header tells that frames have at most `snapBytes`. */
  constructor(snapBytes: number) {
    this.#snapBytes = snapBytes;
  }

  begin(): Uint8Array {
    const header = new Uint8Array(PCAP_FILE_HEADER_SIZE);
    encodePcapFileHeader(header, 0, { snapshotBytes: this.#snapBytes });
    return header;
  }

  encode({ bytes, originalLength, seconds, nanoseconds }: CapturedFrame): Uint8Array {
    const { length } = bytes;
    const size = encodePcapRecord(this.#record, 0, seconds, nanoseconds, bytes, length, originalLength);
    return this.#record.subarray(0, size);
  }

  end(): Uint8Array {
    return NOTHING;
  }
}
