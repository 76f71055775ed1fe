import { QUEUE_UNKNOWN } from '../../../packet/capture/capture-record.js';
import { LINKTYPE_ETHERNET } from '../../../packet/capture/pcap-format.js';
import { FieldCounter } from '../../../packet/generate/field-counter.js';
import { payloadOffset, placeChecksums, placeField } from '../../../packet/generate/field-place.js';
import { buildFrame } from '../../../packet/generate/frame-builder.js';
import type { FrameTemplate } from '../../../packet/generate/frame-template.js';
import type { VariedField } from '../../../packet/generate/varied-field.js';
import { MAC_ADDRESS_BYTES, parseMacAddress } from '../../../packet/headers/mac-address.js';
import { type ChecksumFields, ChecksummedFrame } from '../../../packet/offload/checksummed-frame.js';
import { findTap } from '../../../tap/link/tap-link.js';
import type { TemplateOptions } from '../templates/template-options.js';
import { FrameStamper } from '../templates/template-stamp.js';
import {
  type FrameSource,
  NO_HEADER,
  NOT_STORED,
  type RepeatedFrames,
  type StoreShare,
} from './frame-source.js';
import { otherAddress } from './other-address.js';
import { copiesBytes, TemplateCopies } from './template-copies.js';

const BROADCAST = new Uint8Array(MAC_ADDRESS_BYTES).fill(0xff);

/** The parts of a source. */
export interface TemplateSourceParts {
  readonly template: FrameTemplate;
  readonly varied: readonly VariedField[];
  /** How often the varied fields go through their values; Infinity for no limit. */
  readonly rounds: number;
  /** Undefined for frames without a stamp. */
  readonly stamper: FrameStamper | undefined;
}

/**
 * Frames made from a template. A round has as many frames as the longest varied field has values, or one frame if no field
 * varies. Shorter fields start again within it.
 */
export class TemplateSource implements FrameSource {
  readonly start = 0;
  readonly ethernet = true;
  readonly linkType = LINKTYPE_ETHERNET;
  readonly recordedSeconds = 0;
  readonly queue = QUEUE_UNKNOWN;
  readonly virtioNetHeader = NO_HEADER;
  readonly checksumFinished = false;
  /** Where the frame lies once it is stamped. */
  storedAt = NOT_STORED;
  readonly #frame: ChecksummedFrame;
  readonly #fields: ChecksumFields;
  /** For stamped frames; undefined if they are copied into each burst. */
  #copies: TemplateCopies | undefined;
  #storeStart = 0;
  readonly #counters: readonly FieldCounter[];
  readonly #roundFrames: number;
  readonly #framesMax: number;
  #inRound = 0;
  /** The number of the current frame in its round. */
  #index = 0;
  /** Whether the frame has the values of the frame before. */
  #isStale = false;
  readonly #stamper: FrameStamper | undefined;
  readonly #stampOffset: number;
  #made = 0;

  constructor({ template, varied, rounds, stamper }: TemplateSourceParts) {
    this.#fields = placeChecksums(template);
    this.#frame = new ChecksummedFrame(buildFrame(template), this.#fields);
    this.#counters = varied.map((field) => new FieldCounter(field, placeField(field.name, template)!));
    this.#roundFrames = varied.reduce((most, { count }) => Math.max(most, count), 1);
    this.#framesMax = this.#roundFrames * rounds;
    this.#stamper = stamper;
    this.#stampOffset = payloadOffset(template) ?? 0;
  }

  /**
   * A source for the device `name`. Without another destination, frames go to the device's own address, and ARP requests to
   * all stations. Throws a SystemError as `findTap` does.
   */
  static open(name: string, options: TemplateOptions, rounds: number): TemplateSource {
    const { address } = findTap(name, 'send into');
    const destination = options.template.protocol === 'arp' ? BROADCAST : parseMacAddress(address);
    const { sourceMac = otherAddress(address), destinationMac = destination } = options;
    return new TemplateSource({
      template: { ...options.template, sourceMac, destinationMac },
      varied: options.varied,
      rounds,
      stamper: options.stamped ? new FrameStamper() : undefined,
    });
  }

  next(): boolean {
    if (this.#made >= this.#framesMax) return false;
    const counters = this.#counters;
    for (let index = 0; index < counters.length; index++) {
      const counter = counters[index]!;
      if (this.#inRound === 0) counter.reset();
      else counter.advance();
    }
    this.#isStale = counters.length > 0;
    this.storedAt = NOT_STORED;
    this.#index = this.#inRound;
    this.#made += 1;
    this.#inRound += 1;
    if (this.#inRound === this.#roundFrames) this.#inRound = 0;
    return true;
  }

  /** Stamped frames differ, so they cannot be laid once. What varies is written into copies in turn. */
  storeBytes(frames: number, headerBytes: number): number {
    return this.#stamper === undefined ? 0 : copiesBytes(frames, headerBytes, this.length);
  }

  storeIn(share: StoreShare): void {
    this.#copies = new TemplateCopies(share, this.#frame.bytes, this.#fields);
    this.#storeStart = share.start;
  }

  stamp(stream: number): void {
    if (this.#stamper === undefined) return;
    if (this.#copies === undefined) {
      this.#refresh();
      this.#stamper.stamp(this.#frame, this.#stampOffset, stream);
      return;
    }
    const copy = this.#copies.take(stream);
    this.#writeValues(copy);
    this.#stamper.stamp(copy, this.#stampOffset, stream);
    this.storedAt = this.#storeStart + copy.start;
  }

  /** Stamped frames differ in each round. */
  get repeated(): RepeatedFrames | undefined {
    if (this.#stamper !== undefined) return undefined;
    return { count: this.#roundFrames, byteCount: this.#roundFrames * this.length };
  }

  get repeatIndex(): number {
    return this.#index;
  }

  refill(): boolean {
    return false;
  }

  cancel(): void {}

  rewind(): void {
    this.#made = 0;
    this.#inRound = 0;
  }

  /** Made when it is first asked for: a frame that was laid somewhere in an earlier round need not be made again. */
  get frame(): Uint8Array {
    if (this.#copies !== undefined && this.storedAt !== NOT_STORED) return this.#copies.current;
    this.#refresh();
    return this.#frame.bytes;
  }

  get bytes(): Uint8Array {
    return this.frame;
  }

  get length(): number {
    return this.#frame.bytes.length;
  }

  get originalLength(): number {
    return this.#frame.bytes.length;
  }

  get fraction(): number {
    return this.#made / this.#framesMax;
  }

  [Symbol.dispose](): void {}

  /** Writes the values of the current frame. */
  #refresh(): void {
    if (!this.#isStale) return;
    this.#isStale = false;
    this.#writeValues(this.#frame);
    this.#frame.finish();
  }

  #writeValues(frame: ChecksummedFrame): void {
    const counters = this.#counters;
    for (let index = 0; index < counters.length; index++) counters[index]!.write(frame);
  }
}
