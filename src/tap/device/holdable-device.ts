import type { SystemError } from '../../errors.js';
import type { Link } from '../../netlink/link.js';
import { systemError } from '../../sys/errno.js';
import { type FoundHolder, findHolder } from '../lease/holder-lookup.js';
import { hasDeadSocket } from '../lease/holder-socket.js';
import { describeAttached } from '../link/attached-processes.js';
import { assertUnused } from '../link/tap-link.js';
import { findDeviceDirectory } from '../state/runtime-directory.js';

/**
 * Throws a SystemError when no process can begin to hold `link`. EBUSY: it has a holder, processes have queues
 * attached, or they still have queues that a holder had lent them before it died. ETIMEDOUT: its holder does not
 * answer.
 */
export function assertHoldable(link: Link): void {
  const queues = link.tun?.queues ?? 0;
  if (queues === 0) return;
  const holder = findHolder(link);
  if (holder !== undefined) throw held(link.name, holder);
  const directory = findDeviceDirectory(link.index);
  if (directory === undefined || !hasDeadSocket(directory))
    assertUnused(link, { action: 'hold', reason: 'queues-not-free' });
  const what = queues === 1 ? 'a queue' : `${queues} queues`;
  throw systemError({
    action: 'hold',
    object: link.name,
    code: 'EBUSY',
    syscall: 'RTM_GETLINK',
    detail: `its holder has ended, but ${describeAttached(link.name)} still has ${what} of it attached`,
    reason: 'holder-died',
  });
}

function held(name: string, { process, greeting, stopped }: FoundHolder): SystemError {
  const { command, pid } = process;
  const described = `${command} (pid ${pid})`;
  const purpose = { action: 'hold', object: name };
  const known = pid === 0 ? {} : { pid };
  if (greeting !== undefined) {
    const detail = `it has a holder already, ${described}`;
    const reason = 'holder-exists';
    return systemError({ ...purpose, code: 'EBUSY', syscall: 'RTM_GETLINK', detail, reason, ...known });
  }
  const detail = `its holder, ${described}, ${stopped ? 'is stopped' : 'does not answer'}`;
  const reason = stopped ? 'holder-stopped' : 'holder-silent';
  return systemError({ ...purpose, code: 'ETIMEDOUT', syscall: 'holder', detail, reason, ...known });
}
