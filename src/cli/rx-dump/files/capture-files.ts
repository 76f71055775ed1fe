import { AfterRotation } from './after-rotation.js';
import { type CaptureOptions, CaptureOutput } from './capture-output.js';
import { FileNames } from './file-names.js';
import type { FileRotation } from './file-rotation.js';
import { KeptFiles } from './kept-files.js';
import { PartFiles } from './part-files.js';
import { RotationSchedule } from './rotation-schedule.js';

export interface CaptureFilesOptions extends CaptureOptions {
  readonly rotation: FileRotation;
  /** Called with what to tell the user when a command of -z fails, or a file cannot be removed. */
  readonly warn: (text: string) => void;
  /** Milliseconds since 1970. @default Date.now */
  readonly clock?: () => number;
}

/** A capture in several files: the next one begins by size, by the clock, or on request. */
export class CaptureFiles extends CaptureOutput {
  readonly #rotation: FileRotation;
  readonly #clock: () => number;
  readonly #names: FileNames;
  readonly #command: AfterRotation | undefined;
  readonly #files: PartFiles;
  readonly #schedule: RotationSchedule | undefined;
  #onEnd: () => void = () => {};
  #fileCount = 1;
  #burstBegins = true;
  #complete = false;

  /** Begins the first file. Throws what the kernel says of it, and a TypeError for a name that is not possible. */
  constructor(path: string, options: CaptureFilesOptions) {
    const { rotation, warn, clock = Date.now } = options;
    const names = new FileNames(path, rotation);
    const command = rotation.command === undefined ? undefined : new AfterRotation(rotation.command, warn);
    const { keptFilesMax: filesMax } = rotation;
    const kept = filesMax === undefined ? undefined : new KeptFiles({ filesMax, command, warn });
    const files = new PartFiles((name) => {
      command?.run(name);
      kept?.add(name);
    });
    super(files.begin(names.nextPeriod(wholeSeconds(clock))), true, options);
    this.#rotation = rotation;
    this.#clock = clock;
    this.#names = names;
    this.#command = command;
    this.#files = files;
    this.#schedule =
      rotation.periodSeconds === undefined
        ? undefined
        : new RotationSchedule(rotation.periodSeconds, clock, () => this.#endPeriod());
  }

  override get path(): string {
    return this.#files.path;
  }

  override reserve(bytesMax: number): number {
    // Once a burst, since its frames have one time: no frame of the new period gets into the old file.
    if (this.#burstBegins && this.#schedule?.due === true) this.#endPeriod();
    this.#burstBegins = false;
    if (this.fileBytes > this.#rotation.fileBytesMax) this.#goOn(() => this.#names.nextNumber());
    return super.reserve(bytesMax);
  }

  override flushSoon(): void {
    this.#burstBegins = true;
    super.flushSoon();
  }

  /** As in OutputWriter. Then waits, without a limit, for the commands that were started for finished files. */
  override async drain(timeoutMs: number): Promise<void> {
    await super.drain(timeoutMs);
    await this.#command?.ended();
  }

  /** Calls `listener` when nothing more should be written: after an error, or when the last file's period is over. */
  override onError(listener: () => void): void {
    this.#onEnd = listener;
    super.onError(listener);
  }

  override rotate(): boolean {
    if (this.#isLast()) this.#end();
    else if (this.#schedule === undefined) this.#goOn(() => this.#names.nextNumber());
    else this.#goOn(() => this.#names.nextPeriod(wholeSeconds(this.#clock)));
    return true;
  }

  /** Ends the last file, and gives it its name. */
  override finish(): void {
    if (this.#complete) return;
    this.#complete = true;
    this.#schedule?.[Symbol.dispose]();
    this.replaceFile(() => this.#nextFile(() => undefined));
  }

  override [Symbol.dispose](): void {
    this.#schedule?.[Symbol.dispose]();
    super[Symbol.dispose]();
  }

  #endPeriod(): void {
    if (this.#isLast()) this.#end();
    else if (this.#schedule !== undefined) {
      const began = this.#schedule.advance();
      this.#goOn(() => this.#names.nextPeriod(began));
    }
  }

  /** With -G alone, -W counts the files of the run. As in tcpdump, with -C it ends nothing. */
  #isLast(): boolean {
    const { fileBytesMax, fileCount } = this.#rotation;
    return Number.isFinite(fileBytesMax) ? false : this.#fileCount >= (fileCount ?? Number.POSITIVE_INFINITY);
  }

  /** The last file takes what comes until `finish` is called. */
  #end(): void {
    this.#schedule?.[Symbol.dispose]();
    this.#onEnd();
  }

  #goOn(nextName: () => string): void {
    if (this.#complete) return;
    this.#fileCount += 1;
    this.replaceFile(() => this.#nextFile(nextName));
  }

  /** Gives the current file, which is closed, its name, and opens the next one. */
  #nextFile(nextName: () => string | undefined): number | undefined {
    this.#files.complete();
    const name = nextName();
    return name === undefined ? undefined : this.#files.begin(name);
  }
}

function wholeSeconds(clock: () => number): number {
  return Math.floor(clock() / 1000);
}
