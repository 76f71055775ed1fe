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
  /** Whether its queues are attached with IFF_NAPI. @default false */
  readonly napi?: boolean;
}

/** Remembers `record` in the device's folder. */
export function writeDeviceRecord(directory: string, record: DeviceRecord): void {
  const { queues, napi } = record;
  replaceFile(join(directory, FILE), napi === true ? { queues, napi } : { queues });
}

/** What is remembered of the device with index `ifindex`, or undefined for one that others made. */
export function readDeviceRecord(ifindex: number): DeviceRecord | undefined {
  const directory = findDeviceDirectory(ifindex);
  if (directory === undefined) return undefined;
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
  const isCount = typeof queues === 'number' && Number.isInteger(queues);
  if (!isCount || queues < 1 || queues > KERNEL_QUEUES_MAX) return undefined;
  return 'napi' in value && value.napi === true ? { queues, napi: true } : { queues };
}
