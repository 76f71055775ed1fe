import { ArgumentTypeError } from '../../errors.js';

/** Wireshark lists the machine's own interfaces too: the prefix keeps io0 and rtap-io0 apart. */
const VALUE_PREFIX = 'rtap-';
const DISPLAY_PREFIX = 'rtap: ';

/**
 * Wireshark ends a value at "}{". An interface name may contain both braces, but no "%". So "{" is replaced by "%7B", and no other name
 * has the same text.
 */
const BRACE = '{';
const ESCAPED_BRACE = '%7B';

/** Returns the value by which Wireshark calls the TAP `name`: `rtap-io0`. Names of options are made of it. */
export function interfaceValue(name: string): string {
  return VALUE_PREFIX + name.replaceAll(BRACE, ESCAPED_BRACE);
}

/** Returns what Wireshark shows in place of the value: `rtap: io0`. `tshark -i` takes this, too. */
export function interfaceDisplay(name: string): string {
  return DISPLAY_PREFIX + name.replaceAll(BRACE, ESCAPED_BRACE);
}

/** Returns the name of the TAP that Wireshark calls `value`. Throws a TypeError for another interface, or for none. */
export function deviceOf(value: string | undefined): string {
  if (value === undefined)
    throw new ArgumentTypeError('cannot run without option "--extcap-interface": it is missing');
  if (!value.startsWith(VALUE_PREFIX))
    throw new ArgumentTypeError(
      `cannot read interface "${value}": wanted ${VALUE_PREFIX} and the name of a device`,
    );
  return value.slice(VALUE_PREFIX.length).replaceAll(ESCAPED_BRACE, BRACE);
}
