import { isNamespaceGone, presentNamespaceNumbers } from '../../sys/namespace-handle.js';
import { KERNEL_QUEUES_MAX } from './limits.js';
import { readRecordFile, writeRecordFile } from './record-file.js';
import { findDeviceDirectory } from './runtime-directory.js';

const FILE = 'device.json';

/** What rtap stores of a device that it made, since the kernel does not. */
export interface DeviceRecord {
  /** Queues that it was made with. */
  readonly queues: number;
  /** Its queues are attached with IFF_NAPI. @default false */
  readonly napi?: boolean;
}

/** Stores `record` in the folder `directory` of a device of this network namespace. */
export function writeDeviceRecord(directory: string, record: DeviceRecord): void {
  const netns = presentNamespaceNumbers().inode;
  const { queues, napi } = record;
  writeRecordFile(directory, FILE, napi === true ? { queues, napi, netns } : { queues, netns });
}

/**
 * Whether the network namespace with `cookie` is known to be gone, and with it the device whose folder `directory`
 * is.
 */
export function isNamespaceOfRecordGone(directory: string, cookie: string): boolean {
  const inode = readNumber(readRecordFile(directory, FILE), 'netns');
  return inode !== undefined && isNamespaceGone({ cookie, inode });
}

/** What is stored of the device with index `ifindex`. Undefined for a device that rtap did not make. */
export function readDeviceRecord(ifindex: number): DeviceRecord | undefined {
  const directory = findDeviceDirectory(ifindex);
  return directory === undefined ? undefined : readDeviceRecordIn(directory);
}

/** What is stored in the device folder `directory`. Undefined when that is nothing, or nonsense. */
export function readDeviceRecordIn(directory: string): DeviceRecord | undefined {
  const members = readRecordFile(directory, FILE);
  const queues = readNumber(members, 'queues');
  if (queues === undefined || queues < 1 || queues > KERNEL_QUEUES_MAX) return undefined;
  return members.get('napi') === true ? { queues, napi: true } : { queues };
}

/** A whole number from the file. It is checked, since other users may be able to write the file. */
function readNumber(members: ReadonlyMap<string, unknown>, member: 'queues' | 'netns'): number | undefined {
  const number = members.get(member);
  return typeof number === 'number' && Number.isSafeInteger(number) && number >= 0 ? number : undefined;
}
