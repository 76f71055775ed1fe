import { AnyCaptureReader } from '../../../packet/capture/any-capture-reader.js';
import { captureError } from '../../../packet/capture/capture-errors.js';
import { LINKTYPE_UNKNOWN } from '../../../packet/capture/capture-reader.js';
import { describeLinkType } from '../../../packet/capture/link-type-name.js';
import { LINKTYPE_ETHERNET } from '../../../packet/capture/pcap-format.js';
import type { ByteInput } from '../../input/byte-input.js';
import type { CapturedInterface, MutableFrame } from '../sinks/frame-sink.js';

const NO_BYTES = new Uint8Array();
/** The format allows 65,535 bytes of name; the kernel 15. */
const NAME_LENGTH_MAX = 255;

/** Frames of a saved capture, as a cursor. */
export class RecordedFrames implements Disposable {
  /** The frame that `next` went to; borrowed, and its fields may be changed until the next call. */
  readonly frame: MutableFrame = {
    queue: 0,
    direction: 'unknown',
    bytes: NO_BYTES,
    originalLength: 0,
    seconds: 0,
    nanoseconds: 0,
    header: NO_BYTES,
    checksumFinished: false,
    interfaceId: 0,
  };
  readonly #input: ByteInput;
  readonly #name: string;
  readonly #interfaces: CapturedInterface[];
  readonly #reader: AnyCaptureReader;
  /** Which of `interfaces` those of the capture are. */
  readonly #interfaceIds = new Map<number, number>();
  #ended = false;

  /** Takes `input` over. `name` is for errors; the interfaces of the frames are added to `interfaces`. */
  constructor(input: ByteInput, name: string, interfaces: CapturedInterface[]) {
    this.#input = input;
    this.#name = name;
    this.#interfaces = interfaces;
    this.#reader = new AnyCaptureReader({ name });
  }

  /**
   * Moves to the next frame; false when `refill` has to bring more first.
   *
   * Throws a MalformedError for a capture that is cut or corrupt, or of something else than Ethernet.
   */
  next(): boolean {
    const reader = this.#reader;
    if (!reader.next()) {
      // An empty capture tells what it would be of, too.
      if (this.#ended && reader.recordNumber === 0 && reader.linkType !== LINKTYPE_UNKNOWN)
        this.#assertEthernet();
      return false;
    }
    this.#assertEthernet();
    this.#fill();
    return true;
  }

  /** Brings more input; false when there is none left. May wait. */
  refill(): boolean | Promise<boolean> {
    if (this.#ended) return false;
    const chunk = this.#input.read();
    return chunk instanceof Promise ? chunk.then((bytes) => this.#take(bytes)) : this.#take(chunk);
  }

  /** Ends a `refill` that waits: it brings no more. */
  cancel(): void {
    this.#input.cancel();
  }

  [Symbol.dispose](): void {
    this.#input[Symbol.dispose]();
  }

  #take(chunk: Uint8Array | undefined): boolean {
    if (chunk === undefined) {
      this.#ended = true;
      this.#reader.end();
    } else {
      this.#reader.push(chunk);
    }
    return true;
  }

  #assertEthernet(): void {
    const { linkType } = this.#reader;
    if (linkType === LINKTYPE_ETHERNET) return;
    throw captureError(this.#name, `its link type is ${describeLinkType(linkType)}, not Ethernet (1)`, 0);
  }

  #fill(): void {
    const { frame } = this;
    const reader = this.#reader;
    frame.queue = reader.queue;
    frame.direction = reader.direction;
    frame.bytes = reader.frame;
    frame.originalLength = reader.originalLength;
    frame.seconds = reader.timestampSeconds;
    frame.nanoseconds = reader.timestampNanoseconds;
    frame.header = reader.virtioNetHeader;
    frame.checksumFinished = reader.checksumFinished;
    frame.interfaceId = this.#interfaceIds.get(reader.interfaceId) ?? this.#addInterface();
  }

  #addInterface(): number {
    const id = this.#interfaces.push({ name: this.#reader.interfaceName.slice(0, NAME_LENGTH_MAX) }) - 1;
    this.#interfaceIds.set(this.#reader.interfaceId, id);
    return id;
  }
}
