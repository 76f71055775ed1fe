import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { isSystemError } from '../../sys/errno.js';
import { fileRefused } from './file-refusal.js';
import { replaceFile } from './file-replacement.js';
import { readForeignText } from './foreign-file.js';
import { type DeviceOwnership, findDeviceDirectory, openDeviceDirectory } from './runtime-directory.js';

/**
 * Returns the members of the JSON object in `file` of the device folder `directory`; none if there is no such object. Each must be
 * checked, since other users may be able to write the file.
 */
export function readRecordFile(directory: string, file: string): ReadonlyMap<string, unknown> {
  try {
    const value: unknown = JSON.parse(readForeignText(join(directory, file)));
    return typeof value === 'object' && value !== null ? new Map(Object.entries(value)) : new Map();
  } catch {
    return new Map();
  }
}

/** Writes `record` to `file` of the device folder `directory`, or removes the file if it is undefined. Throws a SystemError. */
export function writeRecordFile(directory: string, file: string, record: object | undefined): void {
  const path = join(directory, file);
  if (record !== undefined) {
    replaceFile(path, record);
    return;
  }
  try {
    rmSync(path, { force: true });
  } catch (error) {
    if (error instanceof Error && 'code' in error) throw fileRefused('write', path, String(error.code));
    throw error;
  }
}

/** The device that a record is about. */
export interface RecordedDevice extends DeviceOwnership {
  readonly ifindex: number;
}

/**
 * As `writeRecordFile`, in the folder of a device of this network namespace, which is made if there is none. Returns false if this
 * user may not write there.
 */
export function storeRecordFile(
  { ifindex, ...ownership }: RecordedDevice,
  file: string,
  record: object | undefined,
): boolean {
  try {
    const directory =
      record === undefined ? findDeviceDirectory(ifindex) : openDeviceDirectory(ifindex, ownership);
    if (directory === undefined) return record === undefined;
    writeRecordFile(directory, file, record);
    return true;
  } catch (error) {
    if (isSystemError(error)) return false;
    throw error;
  }
}
