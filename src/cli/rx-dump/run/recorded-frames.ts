import { EthernetConversion } from '../../../packet/capture/ethernet-conversion.js';
import type { ByteInput } from '../../input/byte-input.js';
import { EthernetCursor } from '../../input/ethernet-cursor.js';
import { LinkTypeCounts } from '../../input/link-type-counts.js';
import { blankFrame, type CapturedInterface, type MutableFrame } from '../sinks/captured-frame.js';

/** pcapng allows names of 65,535 bytes, the kernel names of 15. */
const NAME_LENGTH_MAX = 255;

/** What a frame is given where its record has no address. */
const NO_ADDRESS = new Uint8Array(6);

/** How many packets of saved captures had which link type other than Ethernet. */
export class RecordedTypes {
  /** Packets that got an Ethernet header. */
  readonly converted = new LinkTypeCounts();
  /** Packets that were passed over. */
  readonly refused = new LinkTypeCounts();
}

/** Ethernet frames of a saved capture, as a cursor. It passes over packets that cannot be such frames. */
export class RecordedFrames extends EthernetCursor {
  /** The frame that `next` moved to. Borrowed; its fields may be changed until the next call. */
  readonly current: MutableFrame = blankFrame('unknown');
  readonly #types: RecordedTypes;
  readonly #interfaces: CapturedInterface[];
  /** For each interface of the capture its index in `#interfaces`. */
  readonly #interfaceIds = new Map<number, number>();

  /**
   * Owns `input`. `name` is for errors. The interfaces of the frames are added to `interfaces`, the packets of other link
   * types to `types`.
   */
  constructor(input: ByteInput, name: string, interfaces: CapturedInterface[], types: RecordedTypes) {
    super(input, name, new EthernetConversion({ source: NO_ADDRESS, destination: NO_ADDRESS }));
    this.#interfaces = interfaces;
    this.#types = types;
  }

  override next(): boolean {
    while (super.next()) {
      if (this.ethernet) {
        this.#fill();
        return true;
      }
      this.#types.refused.add(this.linkType);
    }
    return false;
  }

  #fill(): void {
    const { current: frame, record } = this;
    if (this.converted) this.#types.converted.add(this.linkType);
    frame.queue = record.queue;
    frame.direction = record.direction;
    frame.bytes = this.frame;
    frame.originalLength = this.originalLength;
    frame.timed = record.timed;
    frame.seconds = record.seconds;
    frame.exactSeconds = record.exactSeconds;
    frame.nanoseconds = record.nanoseconds;
    frame.header = this.virtioNetHeader;
    frame.checksumFinished = record.checksumFinished;
    frame.interfaceId = this.#interfaceIds.get(record.interfaceId) ?? this.#addInterface();
  }

  #addInterface(): number {
    const { interfaceId, interfaceName } = this.record;
    const id = this.#interfaces.push({ name: interfaceName.slice(0, NAME_LENGTH_MAX) }) - 1;
    this.#interfaceIds.set(interfaceId, id);
    return id;
  }
}
