import { statSync } from 'node:fs';
import { release } from 'node:os';
import { SystemError, UnavailableError } from '../../errors.js';
import { libpcapVersion } from '../../sys/libpcap.js';
import { LIBURING_SONAME, liburing } from '../../sys/liburing.js';
import { openTun, TUN_PATH } from '../../sys/tun.js';
import { BURST_FRAMES, tryRing } from '../../tap/queue/tap-device.js';
import { hintFor } from '../errors/hint.js';
import { LOCKED_MEMORY, machineRemedy } from '../errors/machine-hint.js';
import { hasCapability } from '../errors/process-status.js';
import { administrationHint } from '../errors/restricted-root.js';
import type { Finding } from './finding.js';

const PERMISSION_BITS = 0o777;

/** Names the versions of Node and the kernel. */
export function checkVersions(): Finding {
  return { check: 'versions', state: 'ok', detail: `Node ${process.version}, Linux ${release()}` };
}

/** Checks that liburing loads. */
export function checkLiburing(): Finding {
  try {
    const { version } = liburing();
    return {
      check: 'liburing',
      state: 'ok',
      detail: `${LIBURING_SONAME}${version === '' ? '' : `, release ${version}`}`,
    };
  } catch (error) {
    return missing('liburing', error);
  }
}

/** Checks that libpcap loads. Only filter expressions need it. */
export function checkLibpcap(): Finding {
  const check = 'libpcap';
  try {
    return { check, state: 'ok', detail: libpcapVersion() };
  } catch (error) {
    if (!(error instanceof UnavailableError)) throw error;
    const detail = 'not installed: rx-dump cannot use filter expressions';
    return { check, state: 'poor', detail, ...remedyFor(error) };
  }
}

/** Checks that the kernel lets this process make a ring, and finds out why if it does not. */
export function checkRing(): Finding {
  try {
    const entries = tryRing();
    return entries < BURST_FRAMES
      ? smallRing(entries)
      : { check: 'io_uring', state: 'ok', detail: 'rtap can make a ring' };
  } catch (error) {
    return missing('io_uring', error);
  }
}

function smallRing(entries: number): Finding {
  return {
    check: 'io_uring',
    state: 'poor',
    detail: `rtap can make a ring of ${entries} entries, not of ${BURST_FRAMES}: the limit of locked memory leaves room for no more, and fwd and bench may need more`,
    remedy: LOCKED_MEMORY,
  };
}

/** Checks that /dev/net/tun opens, and names its mode and owner. */
export function checkTun(): Finding {
  const check = TUN_PATH;
  try {
    using _tun = openTun({ action: 'open', object: TUN_PATH });
    const { mode, uid, gid } = statSync(TUN_PATH);
    const permissions = (mode & PERMISSION_BITS).toString(8).padStart(4, '0');
    return { check, state: 'ok', detail: `mode ${permissions}, owner ${uid}:${gid}, it opens` };
  } catch (error) {
    return missing(check, error);
  }
}

/** Checks for the capability that making and changing devices needs. */
export function checkCapability(): Finding {
  if (hasCapability('NET_ADMIN')) return { check: 'CAP_NET_ADMIN', state: 'ok', detail: 'in effect' };
  return {
    check: 'CAP_NET_ADMIN',
    state: 'poor',
    detail: 'not in effect: this user can only use devices that were made with --owner or --group for it',
    remedy: `${administrationHint()}; to try rtap without: unshare -rn`,
  };
}

function missing(check: string, error: unknown): Finding {
  if (!(error instanceof SystemError)) throw error;
  return { check, state: 'missing', detail: error.message, ...remedyFor(error) };
}

function remedyFor(error: SystemError): { readonly remedy?: string } {
  const remedy = error instanceof UnavailableError ? machineRemedy(error) : hintFor(error);
  return remedy === undefined ? {} : { remedy };
}
