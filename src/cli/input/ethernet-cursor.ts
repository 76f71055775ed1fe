import type { EthernetConversion } from '../../packet/capture/ethernet-conversion.js';
import { LINKTYPE_ETHERNET } from '../../packet/capture/pcap-format.js';
import type { ByteInput } from './byte-input.js';
import { CaptureCursor } from './capture-cursor.js';

const NO_BYTES = new Uint8Array(0);

/**
 * A cursor over the packets of a capture as Ethernet frames: those of other link types get an Ethernet header, where that is
 * possible and wanted. Its values are borrowed until the next `next` or `refill`.
 */
export class EthernetCursor extends CaptureCursor {
  readonly #conversion: EthernetConversion | undefined;
  #isEthernet = false;
  #isConverted = false;

  /** Owns `input`. `name` is for errors. Without `conversion`, packets of other link types stay as they are. */
  constructor(input: ByteInput, name: string, conversion?: EthernetConversion) {
    super(input, name);
    this.#conversion = conversion;
  }

  override next(): boolean {
    if (!super.next()) return false;
    const { linkType } = this.record;
    this.#isConverted = linkType !== LINKTYPE_ETHERNET && this.#convert();
    this.#isEthernet = linkType === LINKTYPE_ETHERNET || this.#isConverted;
    return true;
  }

  /** Whether `frame` is an Ethernet frame. */
  get ethernet(): boolean {
    return this.#isEthernet;
  }

  /** The link type of the capture, whatever `frame` is. */
  get linkType(): number {
    return this.record.linkType;
  }

  /** Whether `frame` has got an Ethernet header that the capture does not have. */
  get converted(): boolean {
    return this.#isConverted;
  }

  get frame(): Uint8Array {
    return this.#isConverted ? this.#conversion!.frame : this.record.frame;
  }

  /** Bytes of `frame` before the capture cut it; fewer than `frame` has if the capture says so. */
  get originalLength(): number {
    return this.#isConverted ? this.#conversion!.originalLength : this.record.originalLength;
  }

  /** The virtio-net header of `frame`, empty for none. Its offsets would not fit a frame with another header in front. */
  get virtioNetHeader(): Uint8Array {
    return this.#isConverted ? NO_BYTES : this.record.virtioNetHeader;
  }

  #convert(): boolean {
    const { linkType, frame, originalLength } = this.record;
    return this.#conversion?.convert(linkType, frame, originalLength) ?? false;
  }
}
