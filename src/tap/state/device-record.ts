import { CLOCK_BOOTTIME, Clock } from '../../sys/clock.js';
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
  /** When rtap made it: seconds of CLOCK_BOOTTIME. Absent for a device that rtap did not make. */
  readonly madeSeconds?: number | undefined;
}

/** Stores `record` in the folder `directory` of a device of this network namespace. */
export function writeDeviceRecord(directory: string, record: DeviceRecord): void {
  const netns = presentNamespaceNumbers().inode;
  const { queues, napi, madeSeconds } = record;
  writeRecordFile(directory, FILE, { queues, ...(napi === true ? { napi } : {}), netns, madeSeconds });
}

/** Returns the present time as a record has it. It counts while the machine is suspended, and nothing sets it. */
export function presentSeconds(): number {
  const clock = new Clock(CLOCK_BOOTTIME);
  clock.read();
  return clock.seconds + Math.floor(clock.nanoseconds / 1e6) / 1000;
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
  const madeSeconds = readSeconds(members);
  return {
    queues,
    ...(members.get('napi') === true ? { napi: true } : {}),
    ...(madeSeconds === undefined ? {} : { madeSeconds }),
  };
}

/** When the device was made, if that is a time that has come. */
function readSeconds(members: ReadonlyMap<string, unknown>): number | undefined {
  const seconds = members.get('madeSeconds');
  return typeof seconds === 'number' && seconds >= 0 && seconds <= presentSeconds() ? seconds : undefined;
}

/** A whole number from the file. It is checked, since other users may be able to write the file. */
function readNumber(members: ReadonlyMap<string, unknown>, member: 'queues' | 'netns'): number | undefined {
  const number = members.get(member);
  return typeof number === 'number' && Number.isSafeInteger(number) && number >= 0 ? number : undefined;
}
