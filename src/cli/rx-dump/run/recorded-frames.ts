import { linkTypeError } from '../../../packet/capture/capture-errors.js';
import { LINKTYPE_UNKNOWN } from '../../../packet/capture/capture-record.js';
import { LINKTYPE_ETHERNET } from '../../../packet/capture/pcap-format.js';
import type { ByteInput } from '../../input/byte-input.js';
import { CaptureCursor } from '../../input/capture-cursor.js';
import { blankFrame, type CapturedInterface, type MutableFrame } from '../sinks/captured-frame.js';

/** pcapng allows names of 65,535 bytes, the kernel names of 15. */
const NAME_LENGTH_MAX = 255;

/** Frames of a saved capture, as a cursor. */
export class RecordedFrames extends CaptureCursor {
  /** The frame that `next` moved to. Borrowed; its fields may be changed until the next call. */
  readonly frame: MutableFrame = blankFrame('unknown');
  readonly #interfaces: CapturedInterface[];
  /** For each interface of the capture its index in `#interfaces`. */
  readonly #interfaceIds = new Map<number, number>();

  /** Owns `input`. `name` is for errors. The interfaces of the frames are added to `interfaces`. */
  constructor(input: ByteInput, name: string, interfaces: CapturedInterface[]) {
    super(input, name);
    this.#interfaces = interfaces;
  }

  /** As in CaptureCursor. Also throws a MalformedError if the capture is of something else than Ethernet. */
  override next(): boolean {
    const more = super.next();
    // An empty capture of another link type is refused, too: the file's header names it.
    const isEmpty = this.ended && this.record.number === 0 && this.record.linkType !== LINKTYPE_UNKNOWN;
    if (more || isEmpty) this.#assertEthernet();
    if (more) this.#fill();
    return more;
  }

  #assertEthernet(): void {
    const { linkType } = this.record;
    if (linkType === LINKTYPE_ETHERNET) return;
    throw linkTypeError(`read capture "${this.name}"`, linkType);
  }

  #fill(): void {
    const { frame, record } = this;
    frame.queue = record.queue;
    frame.direction = record.direction;
    frame.bytes = record.frame;
    frame.originalLength = record.originalLength;
    frame.timed = record.timed;
    frame.seconds = record.seconds;
    frame.nanoseconds = record.nanoseconds;
    frame.header = record.virtioNetHeader;
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
