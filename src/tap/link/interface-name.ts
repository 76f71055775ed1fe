import { ArgumentTypeError } from '../../errors.js';
import { ALTIFNAMSIZ, IFNAMSIZ } from '../../sys/ifreq.js';

/** Most bytes of a network interface's name: IFNAMSIZ without the final NUL. */
export const INTERFACE_NAME_BYTES_MAX = IFNAMSIZ - 1;

/** Most bytes of an alternative name: ALTIFNAMSIZ less the final NUL. */
export const ALTERNATIVE_NAME_BYTES_MAX = ALTIFNAMSIZ - 1;

const RESERVED = 'the kernel reserves it';

/** Names of the folders beside those of the interfaces in /proc/sys/net/ipv4/conf. The kernel gives no device one of them. */
const RESERVED_NAMES: readonly string[] = ['all', 'default'];

/**
 * Throws a TypeError unless an interface can have `name` as its name (dev_valid_name() in net/core/dev.c) or alternative
 * name, and it is printable ASCII. The kernel takes other bytes too, which no tool prints well.
 */
export function assertInterfaceName(name: string): void {
  const fault = nameFault(name, ALTERNATIVE_NAME_BYTES_MAX);
  if (fault !== undefined) throw new ArgumentTypeError(`cannot use "${name}" as a device name: ${fault}`);
}

/** Whether `assertInterfaceName` takes `name`, which the kernel has for an interface. */
export function isInterfaceName(name: string): boolean {
  return nameFault(name, INTERFACE_NAME_BYTES_MAX) === undefined;
}

/**
 * As `assertInterfaceName`, for the name of a new device: it may hold one `%d`, which the kernel replaces by a
 * number.
 */
export function assertNamePattern(pattern: string): void {
  const placeholder = pattern.indexOf('%d');
  const rest =
    placeholder < 0 ? pattern : `${pattern.slice(0, placeholder)}0${pattern.slice(placeholder + 2)}`;
  const fault = rest.includes('%')
    ? 'a name can contain one %d at most'
    : RESERVED_NAMES.includes(pattern)
      ? RESERVED
      : (nameFault(rest, INTERFACE_NAME_BYTES_MAX) ?? lengthFault(pattern, INTERFACE_NAME_BYTES_MAX));
  if (fault !== undefined) throw new ArgumentTypeError(`cannot use "${pattern}" as a device name: ${fault}`);
}

function nameFault(name: string, bytesMax: number): string | undefined {
  if (name === '') return 'it is empty';
  if (name === '.' || name === '..') return RESERVED;
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is looked for
  if (/[^\x00-\x7f]/.test(name)) return 'it contains characters outside ASCII';
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is looked for
  if (/[\x00-\x20\x7f]/.test(name)) return 'it contains white space or a control character';
  const forbidden = /[/:%]/.exec(name);
  if (forbidden !== null) return `it contains "${forbidden[0]}"`;
  return lengthFault(name, bytesMax);
}

/** A pattern has the same limit, since the kernel reads it from the same field. */
function lengthFault(name: string, bytesMax: number): string | undefined {
  if (name.length <= bytesMax) return undefined;
  return `it has ${name.length} characters, at most ${bytesMax} are possible`;
}
