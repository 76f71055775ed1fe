import { SystemError } from '../../errors.js';
import { errnoOf } from '../../sys/errno.js';

/** The error for a queue number that a device does not have. */
export function noSuchQueue(name: string, number: number, queueCount: number): SystemError {
  const has = queueCount === 1 ? '1 queue (0)' : `${queueCount} queues (0 to ${queueCount - 1})`;
  const facts = { errno: errnoOf('EINVAL'), code: 'EINVAL', syscall: 'queue selection' };
  return new SystemError(`cannot use queue ${number}: ${name} has ${has}`, facts);
}

/** The error for a device that was deleted while it was in use. */
export function deviceDeleted(name: string, action: string): SystemError {
  const facts = { errno: errnoOf('EBADFD'), code: 'EBADFD', syscall: 'io_uring' };
  return new SystemError(`cannot ${action} "${name}": the device was deleted`, facts);
}

/** The error for a device that left the network namespace while it was in use. */
export function deviceMoved(name: string, action: string): SystemError {
  const facts = { errno: errnoOf('ENODEV'), code: 'ENODEV', syscall: 'RTM_GETLINK' };
  return new SystemError(`cannot ${action} "${name}": it moved to another network namespace`, facts);
}

/** The error for a device that frames cannot be written into since it is switched off. */
export function deviceDown(name: string): SystemError {
  const facts = { errno: errnoOf('EIO'), code: 'EIO', syscall: 'write', object: name };
  return new SystemError(`cannot send into "${name}": ${name} is down`, facts);
}
