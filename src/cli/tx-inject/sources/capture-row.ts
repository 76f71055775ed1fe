import type { EthernetConversion } from '../../../packet/capture/ethernet-conversion.js';
import { type InputOptions, inputName, isPipe, openInput } from '../../input/open-input.js';
import { CAPTURE_STORE_BYTES, CaptureSource } from './capture-source.js';
import type { FrameSource, StoreShare } from './frame-source.js';
import type { RecordedTimes } from './recorded-times.js';

/** One capture of a row. */
interface Member {
  readonly path: string;
  /** Bytes of the file; undefined for a pipe. */
  readonly byteCount: number | undefined;
  /** The source of a pipe, which is opened once. A file is opened when its turn comes. */
  readonly kept: CaptureSource | undefined;
}

/** Frames of several captures in turn. One file is open at a time. */
export class CaptureRow implements FrameSource {
  readonly #members: readonly Member[];
  readonly #options: InputOptions;
  readonly #conversion: EthernetConversion | undefined;
  readonly #times: RecordedTimes;
  #at = 0;
  #current: CaptureSource;
  #cancelled = false;
  #share: StoreShare | undefined;

  private constructor(
    members: readonly Member[],
    parts: { options: InputOptions; conversion: EthernetConversion | undefined; times: RecordedTimes },
  ) {
    this.#members = members;
    this.#options = parts.options;
    this.#conversion = parts.conversion;
    this.#times = parts.times;
    this.#current = this.#sourceOf(members[0]!);
  }

  /**
   * Opens the pipes among `paths`, and finds out whether the files can be opened. Throws Node's error if one cannot. `times` is that of
   * all captures.
   */
  static open(
    paths: readonly string[],
    options: InputOptions,
    conversion: EthernetConversion | undefined,
    times: RecordedTimes,
  ): CaptureRow {
    const members: Member[] = [];
    try {
      for (const path of paths) members.push(openMember(path, options, conversion, times));
      return new CaptureRow(members, { options, conversion, times });
    } catch (error) {
      for (const { kept } of members) kept?.[Symbol.dispose]();
      throw error;
    }
  }

  next(): boolean {
    return this.#current.next();
  }

  /** Moves to the next capture when the current one has ended. */
  refill(): boolean | Promise<boolean> {
    const refilled = this.#current.refill();
    if (refilled instanceof Promise) return refilled.then((more) => more || this.#advance());
    return refilled || this.#advance();
  }

  cancel(): void {
    this.#cancelled = true;
    this.#current.cancel();
  }

  rewind(): void {
    this.#leave();
    for (const { kept } of this.#members) kept?.rewind();
    this.#times.restart();
    this.#at = 0;
    this.#current = this.#sourceOf(this.#members[0]!);
  }

  storeBytes(): number {
    return CAPTURE_STORE_BYTES;
  }

  /** The files take turns in the store: each is read to its end before the next one is opened. A pipe keeps its own memory. */
  storeIn(share: StoreShare): void {
    this.#share = share;
    if (this.#members[this.#at]!.kept === undefined) this.#current.storeIn(share);
  }

  get storedAt(): number {
    return this.#current.storedAt;
  }

  get frame(): Uint8Array {
    return this.#current.frame;
  }

  get bytes(): Uint8Array {
    return this.#current.bytes;
  }

  get start(): number {
    return this.#current.start;
  }

  get length(): number {
    return this.#current.length;
  }

  get originalLength(): number {
    return this.#current.originalLength;
  }

  get ethernet(): boolean {
    return this.#current.ethernet;
  }

  get linkType(): number {
    return this.#current.linkType;
  }

  get recordedSeconds(): number {
    return this.#times.seconds;
  }

  get virtioNetHeader(): Uint8Array {
    return this.#current.virtioNetHeader;
  }

  get queue(): number {
    return this.#current.queue;
  }

  get checksumFinished(): boolean {
    return this.#current.checksumFinished;
  }

  /** Of the bytes of all files; undefined if one capture is a pipe. */
  get fraction(): number | undefined {
    let before = 0;
    let all = 0;
    for (const [index, { byteCount }] of this.#members.entries()) {
      if (byteCount === undefined) return undefined;
      all += byteCount;
      if (index < this.#at) before += byteCount;
    }
    const here = (this.#current.fraction ?? 0) * this.#members[this.#at]!.byteCount!;
    return all === 0 ? 1 : (before + here) / all;
  }

  [Symbol.dispose](): void {
    this.#leave();
    for (const { kept } of this.#members) kept?.[Symbol.dispose]();
  }

  #advance(): boolean {
    if (this.#cancelled || this.#at + 1 >= this.#members.length) return false;
    this.#leave();
    this.#at += 1;
    this.#current = this.#sourceOf(this.#members[this.#at]!);
    return true;
  }

  /** Closes the current file. */
  #leave(): void {
    if (this.#members[this.#at]!.kept === undefined) this.#current[Symbol.dispose]();
  }

  #sourceOf({ path, kept }: Member): CaptureSource {
    if (kept !== undefined) return kept;
    const source = sourceOf(path, this.#options, this.#conversion, this.#times);
    if (this.#share !== undefined) source.storeIn(this.#share);
    return source;
  }
}

function openMember(
  path: string,
  options: InputOptions,
  conversion: EthernetConversion | undefined,
  times: RecordedTimes,
): Member {
  if (isPipe(path)) {
    return { path, byteCount: undefined, kept: sourceOf(path, options, conversion, times) };
  }
  using input = openInput(path, options);
  return { path, byteCount: input.byteCount, kept: undefined };
}

function sourceOf(
  path: string,
  options: InputOptions,
  conversion: EthernetConversion | undefined,
  times: RecordedTimes,
): CaptureSource {
  return new CaptureSource(openInput(path, options), inputName(path), conversion, times);
}
