import { ArgumentTypeError } from '../../../errors.js';
import { parseBytes, parseDuration, parseWhole } from '../../arguments/quantity.js';
import { readCommand } from '../files/file-rotation.js';

/** What can make a file: packets are missed, the device goes down or loses its carrier, SIGUSR1. */
export type RecordedEvent = 'missed' | 'down' | 'carrier' | 'signal';

const EVENTS: readonly RecordedEvent[] = ['missed', 'down', 'carrier', 'signal'];
const BYTES_MIN = 1024 * 1024;
const BYTES_MAX = 4 * 1024 * 1024 * 1024;
const FILES_MAX = 1_000_000;
/** Seconds. */
const AFTER_DEFAULT = 2;

/** The options of recording, as typed. */
export interface RecordingArguments {
  /** -w */
  readonly write?: string;
  readonly last?: string;
  readonly on?: string;
  readonly after?: string;
  /** -C */
  readonly fileSize?: string;
  /** -G */
  readonly rotateSeconds?: string;
  /** -W */
  readonly fileCount?: string;
  readonly keep?: string;
  /** -z */
  readonly afterRotation?: string;
}

/** How the last frames before an event are recorded. */
export interface RecordingOptions {
  /** Memory for frames. */
  readonly bytes: number;
  readonly events: ReadonlySet<RecordedEvent>;
  /** Seconds. */
  readonly after: number;
  /** Most files of events; undefined for any number. */
  readonly filesMax: number | undefined;
  /** A program and its first arguments, run with the name of each finished file; undefined for none. */
  readonly command: readonly string[] | undefined;
}

/** What the options mean; undefined without --last. Throws a TypeError or RangeError for impossible options. */
export function readRecording(given: RecordingArguments): RecordingOptions | undefined {
  const { last, on, after, fileCount, afterRotation } = given;
  if (last === undefined) {
    refuse('--on', on, 'it needs --last');
    refuse('--after', after, 'it needs --last');
    return undefined;
  }
  if (given.write === undefined || given.write === '-')
    throw new ArgumentTypeError('cannot use "--last": it needs -w with the name of a file');
  const reason = '--last begins a file at each event';
  refuse('-C', given.fileSize, reason);
  refuse('-G', given.rotateSeconds, reason);
  refuse('--keep', given.keep, `${reason}, and -W says how many stay`);
  return {
    bytes: parseBytes('memory size', last, BYTES_MIN, BYTES_MAX),
    events: readEvents(on),
    after: after === undefined ? AFTER_DEFAULT : parseDuration(after),
    filesMax: fileCount === undefined ? undefined : parseWhole('file count', fileCount, 1, FILES_MAX),
    command: readCommand(afterRotation),
  };
}

function refuse(option: string, given: string | undefined, reason: string): void {
  if (given !== undefined) throw new ArgumentTypeError(`cannot use "${option}": ${reason}`);
}

function readEvents(text: string | undefined): ReadonlySet<RecordedEvent> {
  if (text === undefined) return new Set(EVENTS);
  return new Set(text.split(',').map((word) => readEvent(word.trim())));
}

function readEvent(word: string): RecordedEvent {
  const event = EVENTS.find((name) => name === word);
  if (event === undefined)
    throw new ArgumentTypeError(`cannot use event "${word}": there are ${EVENTS.join(', ')}`);
  return event;
}
