import { ArgumentRangeError, ArgumentTypeError } from '../../errors.js';
import { KERNEL_QUEUES_MAX } from '../state/limits.js';
import { parseSteeringMap, type SteeringRange, type ValueKind } from './steering-map.js';

/** Each key of a rule, and what its values are. A flow has no value that a map could contain. */
const KINDS = {
  'udp-dst-port': 'port',
  'tcp-dst-port': 'port',
  'dst-port': 'port',
  'src-port': 'port',
  'src-ip': 'address',
  'dst-ip': 'address',
  vlan: 'vlan',
  flow: undefined,
} as const satisfies Readonly<Record<string, ValueKind | undefined>>;

/**
 * What the queue of a frame is chosen by: a port, an address, the id of the outer VLAN tag, or a hash of addresses and ports that is
 * the same for both directions.
 */
export type SteeringKey = keyof typeof KINDS;

/** Every key. */
export const STEERING_KEYS: readonly SteeringKey[] = Object.keys(KINDS) as SteeringKey[];

/** How the kernel chooses the queue of each frame that it sends out of a device. */
export interface SteeringRule {
  readonly by: SteeringKey;
  /**
   * Values or ranges of values, and the queue or range of queues of each: `5000-5003=0-3,53=1`. In a range of queues a value goes to
   * queue (value - first value) modulo the number of queues in the range.
   * @default the value modulo the number of all queues
   */
  readonly map?: string | undefined;
  /** The queue of frames without such a field, or with a value that is not in the map. @default flow */
  readonly else?: number | 'flow' | undefined;
}

/** A rule that was checked. */
export interface CheckedRule {
  readonly by: SteeringKey;
  /** Rising. Undefined without a map. */
  readonly ranges: readonly SteeringRange[] | undefined;
  readonly otherwise: number | 'flow';
}

/** Returns the parts of `rule`. Throws a TypeError or RangeError if it is none. */
export function checkRule({ by, map, else: otherwise = 'flow' }: SteeringRule): CheckedRule {
  if (!STEERING_KEYS.includes(by))
    throw new ArgumentTypeError(`cannot steer by "${by}": wanted ${STEERING_KEYS.join(', ')}`);
  const kind = KINDS[by];
  if (map !== undefined && kind === undefined)
    throw new ArgumentTypeError(`cannot use a map with "${by}": it has no values`);
  if (otherwise !== 'flow' && !isQueueNumber(otherwise))
    throw new ArgumentRangeError(
      `cannot steer to queue ${otherwise}: 0 to ${KERNEL_QUEUES_MAX - 1} are possible`,
    );
  const ranges = map === undefined || kind === undefined ? undefined : parseSteeringMap(map, kind);
  return { by, ranges, otherwise };
}

function isQueueNumber(value: number): boolean {
  return Number.isInteger(value) && value >= 0 && value < KERNEL_QUEUES_MAX;
}

/** The highest queue that `rule` names; -1 if it names none. */
export function highestQueue({ ranges = [], otherwise }: CheckedRule): number {
  return Math.max(otherwise === 'flow' ? -1 : otherwise, ...ranges.map(({ lastQueue }) => lastQueue));
}
