import { Links } from '../../netlink/links.js';
import { isInterfaceName } from '../../tap/link/interface-name.js';

/** The names of the TAPs of this network namespace that a command line can name, in order of their indices. */
export function listTaps(): string[] {
  using links = Links.open();
  const taps = links.outlineKind('tun').filter(({ tun }) => tun?.type === 'tap');
  taps.sort((a, b) => a.index - b.index);
  return taps.map(({ name }) => name).filter(isInterfaceName);
}
