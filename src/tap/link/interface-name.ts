import { ArgumentTypeError } from '../../errors.js';
import { ALTIFNAMSIZ, IFNAMSIZ } from '../../sys/ifreq.js';

/** Most bytes of a network interface's name: IFNAMSIZ less the final NUL. */
export const INTERFACE_NAME_BYTES_MAX = IFNAMSIZ - 1;

/** Most bytes of an alternative name: ALTIFNAMSIZ less the final NUL. */
export const ALTERNATIVE_NAME_BYTES_MAX = ALTIFNAMSIZ - 1;

/**
 * Throws a TypeError unless an interface can have `name` as its name (dev_valid_name in net/core/dev.c) or alternative name;
 * rtap also refuses what is not printable ASCII, which no tool shows well.
 */
export function assertInterfaceName(name: string): void {
  const fault = nameFault(name, ALTERNATIVE_NAME_BYTES_MAX);
  if (fault !== undefined) throw new ArgumentTypeError(`cannot use "${name}" as a device name: ${fault}`);
}

/** As `assertInterfaceName`, for a new device: one `%d`, which the kernel replaces by a number, is allowed. */
export function assertNamePattern(pattern: string): void {
  const placeholder = pattern.indexOf('%d');
  const rest =
    placeholder < 0 ? pattern : `${pattern.slice(0, placeholder)}0${pattern.slice(placeholder + 2)}`;
  const fault = rest.includes('%')
    ? 'at most one %d may stand in a name'
    : (nameFault(rest, INTERFACE_NAME_BYTES_MAX) ?? lengthFault(pattern, INTERFACE_NAME_BYTES_MAX));
  if (fault !== undefined) throw new ArgumentTypeError(`cannot use "${pattern}" as a device name: ${fault}`);
}

function nameFault(name: string, bytesMax: number): string | undefined {
  if (name === '') return 'it is empty';
  if (name === '.' || name === '..') return 'the kernel reserves it';
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is looked for
  if (/[^\x00-\x7f]/.test(name)) return 'it holds characters outside ASCII';
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is looked for
  if (/[\x00-\x20\x7f]/.test(name)) return 'it holds white space or a control character';
  const forbidden = /[/:%]/.exec(name);
  if (forbidden !== null) return `it holds "${forbidden[0]}"`;
  return lengthFault(name, bytesMax);
}

/** The kernel reads a pattern from the same field as a name. */
function lengthFault(name: string, bytesMax: number): string | undefined {
  if (name.length <= bytesMax) return undefined;
  return `it has ${name.length} characters, at most ${bytesMax} are possible`;
}
