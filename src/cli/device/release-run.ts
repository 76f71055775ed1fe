import { SystemError } from '../../errors.js';
import type { Link } from '../../netlink/link.js';
import { listDevices } from '../../tap/device/device-view.js';
import { releaseDevice } from '../../tap/lease/holder-client.js';
import { findTap } from '../../tap/link/tap-link.js';
import { SeveralErrors } from '../errors/several-errors.js';

/** `rtap release NAME…`: finds all devices before it releases one. */
export function releaseNamed(names: readonly string[]): void {
  const links = names.map((name) => findTap(name, 'release'));
  releaseEach(links, () => false);
}

/** `rtap release --all`: a holder that has ended by itself is no error. */
export function releaseAll(): void {
  const held = listDevices().filter(({ holder }) => holder !== undefined);
  releaseEach(
    held.map(({ link }) => link),
    ({ code }) => code === 'ESRCH',
  );
}

/** Releases all `links`, even if some holders refuse. Throws the refusals at the end. */
function releaseEach(links: readonly Link[], isHarmless: (error: SystemError) => boolean): void {
  const refusals: SystemError[] = [];
  for (const link of links) {
    try {
      releaseDevice(link);
    } catch (error) {
      if (!(error instanceof SystemError)) throw error;
      if (!isHarmless(error)) refusals.push(error);
    }
  }
  if (refusals.length > 0) throw refusals.length === 1 ? refusals[0] : new SeveralErrors(refusals);
}
