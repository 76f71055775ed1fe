import { join } from 'node:path';
import { readForeignText } from './foreign-file.js';
import { KERNEL_QUEUES_MAX } from './queue-limits.js';
import { findDeviceDirectory } from './runtime-directory.js';
import { replaceFile } from './whole-file.js';

const FILE = 'device.json';

/** What rtap remembers of a device that it made, since the kernel does not. */
export interface DeviceRecord {
  /** Queues it was made with. */
  readonly queues: number;
}

/** Remembers `record` in the device's folder. */
export function writeDeviceRecord(directory: string, record: DeviceRecord): void {
  replaceFile(join(directory, FILE), record);
}

/** What is remembered of the device with index `ifindex`, or undefined for one that others made. */
export function readDeviceRecord(ifindex: number): DeviceRecord | undefined {
  const directory = findDeviceDirectory(ifindex);
  return directory === undefined ? undefined : readDeviceRecordIn(directory);
}

/** What is remembered of the device whose folder `directory` is. */
export function readDeviceRecordIn(directory: string): DeviceRecord | undefined {
  try {
    return decodeDeviceRecord(readForeignText(join(directory, FILE)));
  } catch {
    return undefined;
  }
}

/** Checked: the file lies where others may have written. */
function decodeDeviceRecord(text: string): DeviceRecord | undefined {
  const value: unknown = JSON.parse(text);
  if (typeof value !== 'object' || value === null || !('queues' in value)) return undefined;
  const { queues } = value;
  return typeof queues === 'number' && Number.isInteger(queues) && queues >= 1 && queues <= KERNEL_QUEUES_MAX
    ? { queues }
    : undefined;
}
