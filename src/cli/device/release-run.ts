import { SystemError } from '../../errors.js';
import type { Link } from '../../netlink/link.js';
import { listDevices } from '../../tap/device/device-view.js';
import { releaseDevice } from '../../tap/lease/holder-client.js';
import { findTap } from '../../tap/link/tap-link.js';
import type { Console } from '../process/console.js';

/** `rtap release NAME…`: all of them are looked for before one is released. */
export function releaseNamed(names: readonly string[], console: Console): void {
  const links = names.map((name) => findTap(name, 'release'));
  releaseEach(links, console, () => false);
}

/** `rtap release --all`: one that has ended meanwhile is released, too. */
export function releaseAll(console: Console): void {
  const held = listDevices().filter(({ holder }) => holder !== undefined);
  releaseEach(
    held.map(({ link }) => link),
    console,
    ({ code }) => code === 'ESRCH',
  );
}

/** One that refuses spares no other; the first refusal is thrown in the end, the others are said before. */
function releaseEach(
  links: readonly Link[],
  console: Console,
  isFine: (error: SystemError) => boolean,
): void {
  const refusals: SystemError[] = [];
  for (const link of links) {
    try {
      releaseDevice(link);
    } catch (error) {
      if (!(error instanceof SystemError)) throw error;
      if (!isFine(error)) refusals.push(error);
    }
  }
  const [first, ...others] = refusals;
  for (const { message } of others) console.note(`rtap: ${message}`);
  if (first !== undefined) throw first;
}
