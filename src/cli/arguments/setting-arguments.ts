import { ArgumentTypeError } from '../../errors.js';
import type { AddressFilter } from '../../tap/device/address-filter.js';
import { KERNEL_QUEUES_MAX } from '../../tap/state/limits.js';
import { checkRule, STEERING_KEYS, type SteeringRule } from '../../tap/steer/steering-rule.js';
import { HintedError } from '../errors/usage-error.js';
import { parseWhole } from './quantity.js';

const OFF = 'off';

/** The options of `rtap steer`, as typed. */
export interface SteerArguments {
  readonly by?: string;
  readonly map?: string;
  readonly else?: string;
  readonly json?: boolean;
}

/**
 * Reads the rule that the options name, or `off`. Undefined if the command line names neither. Throws a TypeError or RangeError for
 * options that contradict each other, and for impossible values.
 */
export function readSteeringRule(
  word: string | undefined,
  { by, map, else: otherwise }: SteerArguments,
): SteeringRule | typeof OFF | undefined {
  const given = [...(map === undefined ? [] : ['--map']), ...(otherwise === undefined ? [] : ['--else'])];
  refuseOff('steer', word, [...(by === undefined ? [] : ['--by']), ...given]);
  if (word !== undefined) return OFF;
  if (by === undefined && given[0] !== undefined)
    throw new HintedError(
      `cannot use ${given[0]} without --by`,
      `name what the queue is chosen by: --by ${STEERING_KEYS[0]}`,
    );
  const key = by === undefined ? undefined : readKey(by);
  if (key === undefined) return undefined;
  const rule: SteeringRule = { by: key, map: map?.replaceAll(/\s/g, ''), else: readElse(otherwise) };
  // Before the device is looked for: the mistake is on the command line.
  checkRule(rule);
  return rule;
}

function readKey(by: string) {
  const key = STEERING_KEYS.find((known) => known === by);
  if (key !== undefined) return key;
  throw new ArgumentTypeError(`cannot steer by "${by}": wanted ${STEERING_KEYS.join(', ')}`);
}

function readElse(text: string | undefined): number | 'flow' {
  if (text === undefined || text === 'flow') return 'flow';
  if (!/^\d+$/.test(text))
    throw new ArgumentTypeError(`cannot read --else "${text}": wanted the number of a queue, or flow`);
  return parseWhole('queue', text, 0, KERNEL_QUEUES_MAX - 1);
}

/** The options of `rtap filter`, as typed. */
export interface FilterArguments {
  readonly mac?: readonly string[];
  readonly allmulti?: boolean;
  readonly json?: boolean;
}

/** Reads the filter that the options name, or `off`. Undefined if the command line names neither. */
export function readAddressFilterOptions(
  word: string | undefined,
  { mac, allmulti }: FilterArguments,
): AddressFilter | typeof OFF | undefined {
  const given = [...(mac === undefined ? [] : ['--mac']), ...(allmulti === true ? ['--allmulti'] : [])];
  if (word?.includes(':') === true)
    throw new HintedError(
      `cannot read "${word}": wanted off, or options`,
      `name an address with --mac ${word}`,
    );
  refuseOff('filter', word, given);
  if (word !== undefined) return OFF;
  if (given.length === 0) return undefined;
  // One word may have several addresses, as lists of other options have.
  const addresses = (mac ?? []).flatMap((words) => words.split(',')).map((address) => address.trim());
  return { addresses, allMulticast: allmulti === true };
}

/** Throws if the word behind the device is not `off`, or if options stand beside it. */
function refuseOff(command: string, word: string | undefined, options: readonly string[]): void {
  if (word === undefined) return;
  if (word !== OFF)
    throw new HintedError(
      `cannot read "${word}": wanted off, or options`,
      `rtap ${command} --help lists the options`,
    );
  if (options.length > 0) throw new ArgumentTypeError(`cannot use ${options.join(' and ')} with "${OFF}"`);
}
