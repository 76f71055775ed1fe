import { ArgumentTypeError } from '../../../errors.js';
import { CAPTURED_LENGTH_MAX } from '../../../packet/capture/pcap-format.js';
import { KERNEL_QUEUES_MAX } from '../../../tap/state/limits.js';
import { parseDuration, parseWhole } from '../../arguments/quantity.js';
import { parseQueueSelection, type QueueSelection } from '../../arguments/queue-selection.js';
import { assertOneStandardInput } from '../../input/open-input.js';
import { type Compression, compressionOf, splitSuffix } from '../files/compression.js';
import { type FileRotation, type RotationArguments, readRotation } from '../files/file-rotation.js';
import {
  type RecordingArguments,
  type RecordingOptions,
  readRecording,
} from '../recorder/recording-options.js';
import type { TextSinkOptions } from '../sinks/text-sink.js';
import { readFilterFile } from './filter-file.js';
import { type FormatArguments, readTextFormat, refuseFormat } from './format-arguments.js';

/** The options of `rtap rx-dump`, as typed. */
export interface DumpArguments extends FormatArguments, RotationArguments, RecordingArguments {
  readonly read?: readonly string[];
  readonly filterFile?: string;
  readonly queue: string;
  readonly limit?: string;
  readonly count?: boolean;
  readonly duration?: string;
  readonly write?: string;
  readonly pcap?: boolean;
  readonly print?: boolean;
  readonly packetBuffered?: boolean;
  readonly snapshotLength?: string;
  readonly raw?: boolean;
  readonly segment?: boolean;
  readonly verify?: boolean;
  readonly json?: boolean;
  readonly queues?: string;
  readonly share?: boolean;
  readonly backlog?: boolean;
  readonly segmentBytes?: string;
  readonly busyPoll?: boolean;
}

/** What is printed: a line or an object for each frame, only their number, or nothing. */
export type Printing = 'text' | 'json' | 'count' | 'none';

/** A capture to be written. */
export interface WriteOptions {
  /** A path, or `-` for standard output. */
  readonly path: string;
  readonly format: 'pcap' | 'pcapng';
  /** Undefined for none. */
  readonly compression: Compression | undefined;
  /** When it continues in another file; undefined for a single file. */
  readonly rotation: FileRotation | undefined;
  /** How events make files; undefined if all frames are written. */
  readonly recording: RecordingOptions | undefined;
}

/** What the options mean. */
export interface DumpOptions {
  /** Saved captures to read in turn instead of a device: paths, or `-` for standard input. */
  readonly read: readonly string[] | undefined;
  readonly selection: QueueSelection;
  /** A filter expression, '' for none. */
  readonly filter: string;
  /** Frames. */
  readonly countMax: number;
  /** Seconds. */
  readonly duration: number | undefined;
  readonly write: WriteOptions | undefined;
  readonly printing: Printing;
  readonly text: TextSinkOptions;
  readonly packetBuffered: boolean;
  /** Bytes of each frame. */
  readonly snapBytes: number;
  readonly raw: boolean;
  readonly segment: boolean;
  readonly verify: boolean;
  /** Whether the report at the end is JSON. */
  readonly json: boolean;
  readonly queueCount: number | undefined;
  readonly share: boolean;
  /** Whether frames that were waiting in a holder's queues are shown, too. */
  readonly backlog: boolean;
  /** Bytes of each receive buffer; undefined for whole frames. */
  readonly segmentBytes: number | undefined;
  /** Whether to poll the queues instead of sleeping. */
  readonly busyPoll: boolean;
}

const SEGMENT_BYTES_MAX = 65_536;

/** Reads the options and the words of the filter expression. Throws a TypeError or RangeError for impossible ones. */
export function readDumpOptions(given: DumpArguments, filter: readonly string[] = []): DumpOptions {
  refuseContradictions(given);
  return {
    read: given.read,
    selection: parseQueueSelection(given.queue),
    filter: readFilter(given, filter),
    countMax:
      given.limit === undefined
        ? Number.POSITIVE_INFINITY
        : parseWhole('count', given.limit, 1, Number.MAX_SAFE_INTEGER),
    duration: given.duration === undefined ? undefined : parseDuration(given.duration),
    write: readWriteOptions(given),
    printing: choosePrinting(given),
    text: readTextFormat(given),
    packetBuffered: given.packetBuffered === true,
    snapBytes: readSnapshotLength(given.snapshotLength),
    raw: given.raw === true,
    segment: given.segment === true,
    verify: given.verify === true,
    json: given.json === true,
    queueCount: readWhole('queue count', given.queues, KERNEL_QUEUES_MAX),
    share: given.share === true,
    backlog: given.backlog === true,
    segmentBytes: readWhole('segment size', given.segmentBytes, SEGMENT_BYTES_MAX),
    busyPoll: given.busyPoll === true,
  };
}

function readFilter({ filterFile }: DumpArguments, words: readonly string[]): string {
  if (filterFile === undefined) return words.join(' ');
  if (words.length > 0)
    throw new ArgumentTypeError(
      `cannot use "-F" with a filter: "${filterFile}" and "${words.join(' ')}" are given`,
    );
  return readFilterFile(filterFile);
}

function readWhole(what: string, text: string | undefined, max: number): number | undefined {
  return text === undefined ? undefined : parseWhole(what, text, 1, max);
}

/** 0 means whole frames, as in tcpdump. */
function readSnapshotLength(text: string | undefined): number {
  if (text === undefined) return CAPTURED_LENGTH_MAX;
  return parseWhole('snapshot length', text, 0, CAPTURED_LENGTH_MAX) || CAPTURED_LENGTH_MAX;
}

/** The format is that of the option, else that of the name, else pcapng. The name says whether it is compressed, too. */
function readWriteOptions(given: DumpArguments): WriteOptions | undefined {
  const recording = readRecording(given);
  const rotation = recording === undefined ? readRotation(given) : undefined;
  const { write: path, pcap: pcapWanted } = given;
  if (path === undefined) return undefined;
  const { stem } = splitSuffix(path);
  if (pcapWanted === true && stem.endsWith('.pcapng')) {
    throw new ArgumentTypeError(`cannot write "${path}" with --pcap: the name is that of a pcapng file`);
  }
  const format = pcapWanted === true || stem.endsWith('.pcap') ? 'pcap' : 'pcapng';
  return { path, format, compression: compressionOf(path), rotation, recording };
}

function choosePrinting(given: DumpArguments): Printing {
  if (given.count === true) return 'count';
  if ((given.write !== undefined || given.verify === true) && given.print !== true) return 'none';
  return given.json === true ? 'json' : 'text';
}

/** Refuses options that contradict each other. */
function refuseContradictions(given: DumpArguments): void {
  const { write, read } = given;
  const printed = given.print === true || given.verify === true || given.count === true;
  if (write !== undefined && given.json === true && !printed)
    throw new ArgumentTypeError(
      'cannot use "--json" with -w: both choose the form of the output (--print gives both)',
    );
  if (write === undefined && given.pcap === true)
    throw new ArgumentTypeError('cannot use "--pcap" without -w: it chooses the form of the file');
  if (write === '-' && printed)
    throw new ArgumentTypeError('cannot print beside "-w -": both would go to standard output');
  if (given.count === true && given.print === true)
    throw new ArgumentTypeError('cannot use "--print" with --count: only the number is printed');
  if (given.count === true && given.verify === true)
    throw new ArgumentTypeError('cannot use "--count" with --verify: both choose what is printed at the end');
  if (given.verify === true && given.print === true && given.json === true)
    throw new ArgumentTypeError('cannot use "--print" with --verify and --json: one object is printed');
  if (given.count === true) refuseFormat(given, '--count');
  if (given.raw === true && given.segment === true)
    throw new ArgumentTypeError(
      'cannot use "--raw" with --segment: --segment gives each piece new checksums',
    );
  if (read === undefined) return;
  refuseDeviceOptions(given);
  assertOneStandardInput(read);
}

/** Refuses the options that are for a device. */
function refuseDeviceOptions(given: DumpArguments): void {
  const named: readonly (readonly [name: string, isGiven: boolean])[] = [
    ['--duration', given.duration !== undefined],
    ['--last', given.last !== undefined],
    ['--queues', given.queues !== undefined],
    ['--share', given.share === true],
    ['--backlog', given.backlog === true],
    ['--segment-bytes', given.segmentBytes !== undefined],
    ['--busy-poll', given.busyPoll === true],
  ];
  const [name] = named.find(([, isGiven]) => isGiven) ?? [];
  if (name !== undefined)
    throw new ArgumentTypeError(`cannot use "${name}" with -r: it needs a device, and -r reads a file`);
}
