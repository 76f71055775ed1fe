import { PCAP_FILE_HEADER_SIZE, PCAP_RECORD_HEADER_SIZE } from '../../../packet/capture/pcap-format.js';
import {
  encodePcapFileHeader,
  encodePcapRecord,
  PcapCopier,
  pcapRecordSizeMax,
} from '../../../packet/capture/pcap-writer.js';
import type { PlacedFrame } from '../../../packet/capture/placed-frame.js';
import { NO_ROOM } from '../../output/output-writer.js';
import type { CapturedFrame } from './captured-frame.js';
import type { CaptureSink, ItemBuffer } from './frame-sink.js';

const NO_BYTES = new Uint8Array();

/** Frames as a pcap file with nanoseconds. */
export class PcapSink implements CaptureSink {
  readonly #snapBytes: number;
  #target: Uint8Array = NO_BYTES;
  #copier: PcapCopier | undefined;

  /** The file's header says that frames have at most `snapBytes`. */
  constructor(snapBytes: number) {
    this.#snapBytes = snapBytes;
  }

  begin(): Uint8Array {
    const header = new Uint8Array(PCAP_FILE_HEADER_SIZE);
    encodePcapFileHeader(header, 0, { snapshotBytes: this.#snapBytes });
    return header;
  }

  write({ bytes, originalLength, seconds, nanoseconds }: CapturedFrame, output: ItemBuffer): boolean {
    const { length } = bytes;
    const offset = output.reserve(PCAP_RECORD_HEADER_SIZE + length);
    if (offset === NO_ROOM) return false;
    return output.commit(
      encodePcapRecord(output.buffer, offset, seconds, nanoseconds, bytes, length, originalLength),
    );
  }

  copy(frame: PlacedFrame, output: ItemBuffer): boolean {
    const offset = output.reserve(pcapRecordSizeMax(frame.length));
    if (offset === NO_ROOM) return false;
    return output.commit(this.#copierFor(output.buffer).record(offset, frame));
  }

  end(): Uint8Array {
    return NO_BYTES;
  }

  /** An output has one buffer, so this is made once. */
  #copierFor(target: Uint8Array): PcapCopier {
    if (target !== this.#target) {
      this.#target = target;
      this.#copier = new PcapCopier(target);
    }
    return this.#copier!;
  }
}
