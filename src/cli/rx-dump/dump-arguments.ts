import { parseDuration, parseWhole } from '../quantity.js';
import { parseQueueSelection, type QueueSelection } from '../queue-selection.js';

/** The options of `rtap rx-dump`, as typed. */
export interface DumpArguments {
  readonly queue: string;
  readonly count?: string;
  readonly duration?: string;
  readonly write?: string;
  readonly hex?: boolean;
  readonly link?: boolean;
  readonly json?: boolean;
  readonly queues?: string;
  readonly share?: boolean;
}

/** What they mean. */
export interface DumpOptions {
  readonly selection: QueueSelection;
  /** Frames. */
  readonly countMax: number;
  /** Seconds. */
  readonly duration: number | undefined;
  /** A path, or `-` for standard output. */
  readonly write: string | undefined;
  readonly hexShown: boolean;
  readonly linkShown: boolean;
  readonly json: boolean;
  readonly queueCount: number | undefined;
  readonly share: boolean;
}

const QUEUES_MAX = 256;

/** Throws a TypeError or RangeError for what cannot be. */
export function readDumpOptions(given: DumpArguments): DumpOptions {
  if (given.write !== undefined && given.json === true) {
    throw new TypeError('cannot use "--json" with -w: both say what the output is');
  }
  return {
    selection: parseQueueSelection(given.queue),
    countMax:
      given.count === undefined
        ? Number.POSITIVE_INFINITY
        : parseWhole('count', given.count, 1, Number.MAX_SAFE_INTEGER),
    duration: given.duration === undefined ? undefined : parseDuration(given.duration),
    write: given.write,
    hexShown: given.hex === true,
    linkShown: given.link === true,
    json: given.json === true,
    queueCount:
      given.queues === undefined ? undefined : parseWhole('queue count', given.queues, 1, QUEUES_MAX),
    share: given.share === true,
  };
}
