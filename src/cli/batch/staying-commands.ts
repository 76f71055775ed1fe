import type { Command } from 'commander';
import { HintedError } from '../errors/usage-error.js';

/** The options of a command, as commander has them. */
type Options = Readonly<Record<string, unknown>>;

/** Returns what to do about a command that does not end by itself; undefined if it ends. */
type Remedy = (options: Options) => string | undefined;

const ALONE = 'run it as a command of its own';
const WITH_END = 'add -c NUMBER or --duration TIME';

const untilLimit: Remedy = ({ limit, duration, read, rotateSeconds, fileSize, fileCount }) => {
  // With -C, -W is how many files stay.
  const filesEnd = rotateSeconds !== undefined && fileSize === undefined && fileCount !== undefined;
  const ends = filesEnd || [limit, duration, read].some((end) => end !== undefined);
  return ends ? undefined : WITH_END;
};

/** Commands that go on until a signal, or that replace this process or its network namespace; and what to do instead. */
const STAYING: Readonly<Record<string, string>> = {
  batch: 'write its lines here',
  bench: ALONE,
  demo: ALONE,
  fwd: ALONE,
  lend: ALONE,
  metrics: ALONE,
  monitor: ALONE,
  top: ALONE,
};

/** Commands that go on until a signal with some options. */
const STAYING_AT_TIMES: Readonly<Record<string, Remedy>> = {
  create: ({ persist, detach }) =>
    persist === true || detach === true ? undefined : 'add --persist or --detach',
  extcap: ({ capture }) => (capture === true ? ALONE : undefined),
  hold: ({ detach }) => (detach === true ? undefined : 'add --detach'),
  'rx-dump': untilLimit,
  sniff: untilLimit,
  stats: ({ watch }) => (watch === undefined ? undefined : 'leave --watch out'),
  'tx-inject': ({ loop, count, limit, duration }) =>
    [loop, count].some((loops) => Number(loops) === 0) && limit === undefined && duration === undefined
      ? 'add -L NUMBER or --duration TIME'
      : undefined,
};

/** Commands that write frames to standard output, beside what else they print. */
const PRINTING_FRAMES: readonly string[] = ['rx-dump', 'sniff'];

/** Returns the error for the command `name` if it never ends by itself; undefined for another one. */
export function stayingCommand(name: string): HintedError | undefined {
  return Object.hasOwn(STAYING, name) ? stays(name, STAYING[name]!) : undefined;
}

/** Throws a HintedError for a command that a batch would wait for without end. */
export function refuseStaying(command: Command): void {
  const name = command.name();
  const remedy = Object.hasOwn(STAYING_AT_TIMES, name) ? STAYING_AT_TIMES[name]!(command.opts()) : undefined;
  if (remedy !== undefined) throw stays(name, remedy);
}

function stays(name: string, remedy: string): HintedError {
  return new HintedError(`cannot run "${name}" in a batch: it does not end by itself`, remedy);
}

/**
 * Lets `command` print JSON, if it can. Throws a HintedError for a command that would write frames between the objects of the
 * batch.
 */
export function printAsJson(command: Command): void {
  const { write, print, count, verify } = command.opts<Options>();
  const name = command.name();
  const toFile = write !== undefined && write !== '-' && print !== true;
  if (PRINTING_FRAMES.includes(name) && !toFile && count !== true && verify !== true)
    throw new HintedError(
      `cannot run "${name}" in a batch with --json: its frames go to standard output`,
      'write them to a file with -w FILE, or add --count',
    );
  // -w chooses the form itself.
  if (!toFile && command.options.some(({ long }) => long === '--json'))
    command.setOptionValueWithSource('json', true, 'cli');
}
