import type { AddressFilter } from '../../tap/device/address-filter.js';
import type { AppliedSetting } from '../../tap/lease/holder-client.js';
import type { Steering } from '../../tap/steer/steering.js';
import { CommandWriter } from '../errors/command-writer.js';
import type { Console } from '../process/console.js';

/** Writes how a device is steered: `off`, `unknown`, or options of `rtap steer`. */
export function formatSteering(steering: Steering): string {
  if (typeof steering === 'string') return steering;
  const { by, map, else: otherwise = 'flow' } = steering;
  return `--by ${by}${map === undefined ? '' : ` --map ${map}`} --else ${otherwise}`;
}

/** Writes an address filter: `off`, or options of `rtap filter`. */
export function formatFilter(filter: AddressFilter | undefined): string {
  if (filter === undefined) return 'off';
  const addresses = filter.addresses.map((address) => `--mac ${address}`);
  return [...addresses, ...(filter.allMulticast === true ? ['--allmulti'] : [])].join(' ');
}

/** The same as JSON: null for off. */
export function steeringJson(steering: Steering) {
  if (steering === 'off') return null;
  if (steering === 'unknown') return steering;
  const { by, map = null, else: otherwise = 'flow' } = steering;
  return { by, map, else: otherwise };
}

/** The same as JSON: null for off. */
export function filterJson(filter: AddressFilter | undefined) {
  return filter === undefined ? null : { mac: filter.addresses, allmulti: filter.allMulticast === true };
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
