import type { SystemError } from '../../errors.js';
import { systemError } from '../../sys/errno.js';

/** The error for a queue number that a device does not have. */
export function noSuchQueue(name: string, number: number, queueCount: number): SystemError {
  const has = queueCount === 1 ? '1 queue (0)' : `${queueCount} queues (0 to ${queueCount - 1})`;
  return systemError({
    action: `use queue ${number}`,
    code: 'EINVAL',
    syscall: 'queue selection',
    detail: `${name} has ${has}`,
    reason: 'no-such-queue',
  });
}

/** The error for a device that was deleted while it was in use. */
export function deviceDeleted(name: string, action: string): SystemError {
  return systemError({
    action,
    object: name,
    code: 'EBADFD',
    syscall: 'io_uring',
    detail: 'the device was deleted',
    reason: 'device-deleted',
  });
}

/** The error for a device that left the network namespace while it was in use. */
export function deviceMoved(name: string, action: string): SystemError {
  return systemError({
    action,
    object: name,
    code: 'ENODEV',
    syscall: 'RTM_GETLINK',
    detail: 'it moved to another network namespace',
    reason: 'device-moved',
  });
}

/** The error for a device that is down, so that frames cannot be written into it. */
export function deviceDown(name: string): SystemError {
  return systemError({
    action: 'send into',
    object: name,
    code: 'EIO',
    syscall: 'write',
    detail: `${name} is down`,
    reason: 'device-down',
  });
}

/**
 * The error for a device whose virtio-net header another process has set to `headerBytes` bytes while the device was in use, so that
 * its frames begin at another byte than expected.
 */
export function headerChanged(name: string, action: string, headerBytes: number): SystemError {
  return systemError({
    action,
    object: name,
    code: 'EINVAL',
    syscall: 'ioctl(TUNGETVNETHDRSZ)',
    detail: `another process has set its virtio-net header to ${headerBytes} bytes`,
    reason: 'header-changed',
  });
}
