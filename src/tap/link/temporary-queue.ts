import type { Link } from '../../netlink/link.js';
import { isSystemError, systemError } from '../../sys/errno.js';
import { readDeviceRecord } from '../state/device-record.js';
import { namedHolders } from './attached-processes.js';
import { TapDescriptor } from './tap-descriptor.js';

export interface PassingOptions {
  /** What it is for, in the message of an error. */
  readonly action: string;
  /** Whether frames are to carry the virtio-net header, where nobody else is attached. @default as they do */
  readonly vnetHeader?: boolean;
}

/**
 * Runs `use` with a queue of `link` that is attached for it and detached again at once, so that it takes no frames:
 * some settings are made on such a descriptor alone.
 *
 * Throws a SystemError with EBUSY where a single-queue device is in use.
 */
export function withPassingQueue(
  link: Link,
  options: PassingOptions,
  use: (queue: TapDescriptor) => void,
): void {
  using tap = attach(link, options);
  tap.detach();
  tap.assertOf(link.index, options.action);
  use(tap);
}

function attach(link: Link, { action, vnetHeader }: PassingOptions): TapDescriptor {
  try {
    return TapDescriptor.attach(link.name, {
      action,
      multiQueue: link.tun?.multiQueue ?? true,
      // The first to attach decides the flags: leave them as they are.
      vnetHeader: vnetHeader ?? link.tun?.vnetHeader ?? true,
      packetInformation: link.tun?.packetInformation ?? false,
      napi: readDeviceRecord(link.index)?.napi === true,
    });
  } catch (error) {
    if (link.tun?.multiQueue !== false || !isSystemError(error, 'EBUSY')) throw error;
    throw systemError({
      action,
      object: link.name,
      code: error.code,
      syscall: error.syscall,
      detail: `it is a single-queue device, and ${namedHolders(link.name)} has its queue attached`,
      reason: 'single-queue-in-use',
      cause: error,
    });
  }
}
