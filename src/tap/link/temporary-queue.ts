import type { Link } from '../../netlink/link.js';
import { isSystemError, systemError } from '../../sys/errno.js';
import { readDeviceRecord } from '../state/device-record.js';
import { describeAttached } from './attached-processes.js';
import { TapDescriptor } from './tap-descriptor.js';

/** How a temporary queue is attached. */
export interface TemporaryQueueOptions {
  /** What the queue is attached for, as the messages of errors say it. */
  readonly action: string;
  /** Frames carry the virtio-net header. Has no effect while other processes are attached. @default as they do now */
  readonly vnetHeader?: boolean;
}

/**
 * Runs `use` with a queue of `link` that is attached for it and detached at once, so that it takes no frames from the
 * device's users. Some settings can only be made on a queue's descriptor.
 *
 * Throws a SystemError with EBUSY when a single-queue device is in use.
 */
export function withTemporaryQueue(
  link: Link,
  options: TemporaryQueueOptions,
  use: (queue: TapDescriptor) => void,
): void {
  using tap = attach(link, options);
  tap.detach();
  tap.assertOf(link.index, options.action);
  use(tap);
}

function attach(link: Link, { action, vnetHeader }: TemporaryQueueOptions): TapDescriptor {
  try {
    return TapDescriptor.attach(link.name, {
      action,
      multiQueue: link.tun?.multiQueue ?? true,
      // The first process that attaches decides the flags, so that these leave them as they are.
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
      detail: `it is a single-queue device, and ${describeAttached(link.name)} has its queue attached`,
      reason: 'single-queue-in-use',
      cause: error,
    });
  }
}
