import { ArgumentRangeError } from '../../errors.js';
import { KERNEL_QUEUES_MAX } from '../../tap/state/limits.js';
import { parseDuration, parseWhole } from '../arguments/quantity.js';
import { describeQueues, parseQueueSelection, type QueueSelection } from '../arguments/queue-selection.js';
import { HintedError } from '../errors/usage-error.js';

/** A shorter interval has too few frames for a steady rate. */
const STATS_SECONDS_MIN = 0.01;

/** The options of `rtap fwd`, as typed. */
export interface ForwardArguments {
  readonly peerNetns?: string;
  readonly queue: string;
  readonly queues?: string;
  readonly threads?: string;
  readonly limit?: string;
  readonly duration?: string;
  readonly stats?: string;
  readonly share?: boolean;
  readonly backlog?: boolean;
  readonly busyPoll?: boolean;
  readonly json?: boolean;
}

/** The options of `rtap fwd`, read. */
export interface ForwardOptions {
  readonly peerNamespace: string | undefined;
  readonly selection: QueueSelection;
  readonly queueCount: number | undefined;
  readonly threadCount: number;
  readonly frameCount: number | undefined;
  /** Seconds. */
  readonly duration: number | undefined;
  /** Seconds between two lines of rates. */
  readonly interval: number | undefined;
  readonly share: boolean;
  readonly backlog: boolean;
  readonly busyPoll: boolean;
  readonly json: boolean;
}

/** Reads the options. Throws a TypeError or RangeError for an impossible value. */
export function readForwardOptions(given: ForwardArguments): ForwardOptions {
  const { queues, threads, limit, duration, stats } = given;
  return {
    peerNamespace: given.peerNetns,
    selection: parseQueueSelection(given.queue),
    queueCount: queues === undefined ? undefined : parseWhole('queue count', queues, 1, KERNEL_QUEUES_MAX),
    threadCount: threads === undefined ? 1 : parseWhole('thread count', threads, 1, KERNEL_QUEUES_MAX),
    frameCount: limit === undefined ? undefined : parseWhole('limit', limit, 1, Number.MAX_SAFE_INTEGER),
    duration: duration === undefined ? undefined : parseDuration(duration),
    interval: stats === undefined ? undefined : readInterval(stats),
    share: given.share === true,
    backlog: given.backlog === true,
    busyPoll: given.busyPoll === true,
    json: given.json === true,
  };
}

function readInterval(text: string): number {
  const seconds = parseDuration(text);
  if (seconds >= STATS_SECONDS_MIN) return seconds;
  throw new ArgumentRangeError(`cannot use interval "${text}": ${STATS_SECONDS_MIN} s or more are possible`);
}

/**
 * The error for some queues of a device without a holder. fwd would have to attach all queues, and the queues that it does not
 * read would lose frames.
 */
export function partOfUnheld(name: string, numbers: readonly number[]): Error {
  const message = `cannot forward ${describeQueues(numbers)} of "${name}" alone: no holder keeps the other queues`;
  return new HintedError(
    message,
    (commands) =>
      `start a holder, which keeps them and lends these: ${commands.rtap('hold', name, '--detach')}`,
  );
}

/** The error for a device named twice: its frames would return to it without end. */
export function sameDevice([name, peer]: readonly [string, string]): Error {
  const message = `cannot forward between "${name}" and "${peer}": they are one device`;
  return new HintedError(message, 'name two devices; --peer-netns names the network namespace of the second');
}
