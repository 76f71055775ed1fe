import type { ErrorReason, SystemError } from '../../errors.js';
import type { LinkOutline } from '../../netlink/link.js';
import { Links } from '../../netlink/links.js';
import type { Descriptor } from '../../sys/descriptor.js';
import { isSystemError, systemError } from '../../sys/errno.js';
import type { Purpose } from '../../sys/libc.js';
import { isPresentNamespace, mayAdministerNamespace } from '../../sys/network-namespace.js';
import {
  getTunAddress,
  getTunInterface,
  IFF_MULTI_QUEUE,
  IFF_NO_PI,
  IFF_TAP,
  IFF_VNET_HDR,
  isTunFile,
  openTunNamespace,
  type TunInterface,
} from '../../sys/tun.js';
import { TapDescriptor } from './tap-descriptor.js';

/** How often to look again: name, address and flags of a device can change between two questions about it. */
const LOOKS_MAX = 3;

/**
 * Takes over descriptors that another process sent as queues of the device with index `index`. The caller owns the descriptors if
 * this throws.
 *
 * The other process may have sent anything. This checks the driver, the network namespace, the index, and what the kernel says of
 * the device on both ways. Without CAP_NET_ADMIN the kernel does not tell the namespace: such a caller must trust the other
 * process.
 *
 * Throws a SystemError with EBADF if a descriptor is no queue of this device.
 */
export function adoptQueues(
  descriptors: readonly Descriptor[],
  { index }: Pick<LinkOutline, 'index'>,
  purpose: Purpose,
): TapDescriptor[] {
  using links = Links.open();
  const isPrivileged = mayAdministerNamespace();
  return descriptors.map((descriptor) => {
    if (!isTunFile(descriptor.fd)) throw foreign('a descriptor that is not a queue of a TAP', purpose);
    if (isPrivileged) assertPresentNamespace(descriptor.fd, purpose);
    return TapDescriptor.adopt(descriptor, inspect(descriptor.fd, index, links, purpose), purpose);
  });
}

/** If this process has the privilege in its own namespace and is refused, the other namespace is another one. */
function assertPresentNamespace(fd: number, purpose: Purpose): void {
  try {
    using namespace = openTunNamespace(fd, purpose);
    if (isPresentNamespace(namespace.fd)) return;
  } catch (error) {
    if (!isSystemError(error, 'EPERM')) throw error;
  }
  throw foreign('queues of a device of another network namespace', purpose);
}

/** Returns what the driver says of the device, if rtnetlink says the same of the device with index `index`. */
function inspect(fd: number, index: number, links: Links, purpose: Purpose): TunInterface {
  let found = getTunInterface(fd, purpose);
  for (let look = 0; look < LOOKS_MAX; look++) {
    const link = links.byName(found.name);
    if (link?.index === index && agree(found, getTunAddress(fd, purpose), link)) return found;
    found = getTunInterface(fd, purpose);
  }
  throw foreign(`queues of "${found.name}"`, purpose);
}

function agree({ flags }: TunInterface, address: string, link: LinkOutline): boolean {
  const { tun } = link;
  return (
    tun?.type === 'tap' &&
    (flags & IFF_TAP) !== 0 &&
    tun.multiQueue === ((flags & IFF_MULTI_QUEUE) !== 0) &&
    tun.vnetHeader === ((flags & IFF_VNET_HDR) !== 0) &&
    tun.packetInformation === ((flags & IFF_NO_PI) === 0) &&
    link.address === address
  );
}

function foreign(what: string, purpose: Purpose): SystemError {
  const reason: ErrorReason = 'foreign-queues';
  return systemError({
    ...purpose,
    code: 'EBADF',
    syscall: 'holder',
    detail: `its holder lends ${what}`,
    reason,
  });
}
