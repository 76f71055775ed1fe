import { SystemError } from '../../errors.js';
import type { Link } from '../../netlink/link.js';
import { listDevices } from '../../tap/device/device-view.js';
import { releaseDevice } from '../../tap/lease/holder-client.js';
import { findTap } from '../../tap/link/tap-link.js';
import type { Console } from '../process/console.js';

/** `rtap release NAME…`: finds all devices before it releases one. */
export function releaseNamed(names: readonly string[], console: Console): void {
  const links = names.map((name) => findTap(name, 'release'));
  releaseEach(links, console, () => false);
}

/** `rtap release --all`: a holder that has ended by itself is no error. */
export function releaseAll(console: Console): void {
  const held = listDevices().filter(({ holder }) => holder !== undefined);
  releaseEach(
    held.map(({ link }) => link),
    console,
    ({ code }) => code === 'ESRCH',
  );
}

/** Releases all `links`, even if some holders refuse. Throws the first refusal at the end, and notes the others before. */
function releaseEach(
  links: readonly Link[],
  console: Console,
  isHarmless: (error: SystemError) => boolean,
): void {
  const refusals: SystemError[] = [];
  for (const link of links) {
    try {
      releaseDevice(link);
    } catch (error) {
      if (!(error instanceof SystemError)) throw error;
      if (!isHarmless(error)) refusals.push(error);
    }
  }
  const [first, ...others] = refusals;
  for (const { message } of others) console.note(`rtap: ${message}`);
  if (first !== undefined) throw first;
}
