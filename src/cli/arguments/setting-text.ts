import type { AddressFilter } from '../../tap/device/address-filter.js';
import type { AppliedSetting } from '../../tap/lease/holder-client.js';
import type { Steering } from '../../tap/steer/steering.js';
import { CommandWriter } from '../errors/command-writer.js';
import type { Console } from '../process/console.js';

/** How a device is steered, as JSON: null for off. */
export type SteeringJson =
  | { readonly by: string; readonly map: string | null; readonly else: number | 'flow' }
  | 'unknown'
  | null;

/** Returns what `--json` prints of it. */
export function steeringJson(steering: Steering): SteeringJson {
  if (steering === 'off') return null;
  if (steering === 'unknown') return steering;
  const { by, map = null, else: otherwise = 'flow' } = steering;
  return { by, map, else: otherwise };
}

/** An address filter, as JSON: null for off. */
export type FilterJson = { readonly mac: readonly string[]; readonly allmulti: boolean } | null;

/** Returns what `--json` prints of it. */
export function filterJson(filter: AddressFilter | undefined): FilterJson {
  return filter === undefined ? null : { mac: filter.addresses, allmulti: filter.allMulticast === true };
}

/** Writes how a device is steered: `off`, `unknown`, or options of `rtap steer`. */
export function formatSteering(steering: SteeringJson): string {
  if (steering === null) return 'off';
  if (typeof steering === 'string') return steering;
  const { by, map, else: otherwise } = steering;
  return `--by ${by}${map === null ? '' : ` --map ${map}`} --else ${otherwise}`;
}

/** Writes an address filter: `off`, or options of `rtap filter`. */
export function formatFilter(filter: FilterJson): string {
  if (filter === null) return 'off';
  const addresses = filter.mac.map((address) => `--mac ${address}`);
  return [...addresses, ...(filter.allmulti ? ['--allmulti'] : [])].join(' ');
}

/** A setting that the kernel keeps, and does not show. */
export interface KeptSetting {
  /** The command that makes it. */
  readonly command: 'steer' | 'filter';
  readonly device: string;
  /** What the kernel keeps: `the program`. Undefined if it was taken off. */
  readonly what: string | undefined;
}

/** Notes that a setting outlives the command if no holder made it, and warns if rtap cannot remember it. */
export function noteSetting(
  { throughHolder, remembered }: AppliedSetting,
  { command, device, what }: KeptSetting,
  console: Console,
): void {
  if (!throughHolder && what !== undefined)
    console.note(
      `${command}: ${device} has no holder, so ${what} stays with the device; take it off: ${new CommandWriter(console.namespace).rtap(command, device, 'off')}`,
    );
  if (!remembered)
    console.warn(`this user cannot write the runtime directory: rtap does not remember what it has set`);
}
