import { SystemError } from '../errors.js';
import { errnoOf } from '../sys/errno.js';

/** The error for a queue number that a device does not have. */
export function noSuchQueue(name: string, number: number, queueCount: number): SystemError {
  const has = queueCount === 1 ? '1 queue (0)' : `${queueCount} queues (0 to ${queueCount - 1})`;
  const facts = { errno: errnoOf('EINVAL'), code: 'EINVAL', syscall: 'queue selection' };
  return new SystemError(`cannot use queue ${number}: ${name} has ${has}`, facts);
}
