import type { Descriptor } from '../../sys/descriptor.js';
import { systemError } from '../../sys/errno.js';
import { setTunSteering } from '../../sys/tun.js';
import {
  type AddressFilter,
  applyFilter,
  completeFilter,
  readFilterRecord,
  writeFilterRecord,
} from '../device/address-filter.js';
import type { CreatedDevice } from '../device/device-creation.js';
import type { FilterWords, SteeringWords } from '../lease/holder-request.js';
import { findDeviceDirectory } from '../state/runtime-directory.js';
import {
  decodeSteeringRecord,
  readSteeringRecord,
  type SteeringRecord,
  writeSteeringRecord,
} from '../steer/steering-record.js';

/** A held device, under its present name. */
export interface HeldDevice {
  readonly device: CreatedDevice;
  readonly name: string;
}

/**
 * Lets `program`, which a user has loaded and sent, choose the queues of a held device, and remembers the rule of the user's request.
 * undefined removes the program. The kernel checks the type of the program, and the user could also set it on a queue that it borrows.
 * Throws a SystemError.
 */
export function steerDevice(
  { device, name }: HeldDevice,
  program: Descriptor | undefined,
  words: SteeringWords | undefined,
): void {
  const purpose = { action: 'steer', object: name };
  const record = words === undefined ? undefined : decodeSteeringRecord(recordedWords(words));
  if (words !== undefined && record === undefined)
    throw systemError({
      ...purpose,
      code: 'EINVAL',
      syscall: 'holder',
      detail: 'its holder does not know such a rule',
      reason: 'holder-incompatible',
    });
  setTunSteering(device.queues[0]!.fd, program?.fd, purpose);
  const directory = findDeviceDirectory(device.ifindex);
  if (directory !== undefined) writeSteeringRecord(directory, record);
}

/** A message has the queue of `else` as text, the record as a number. */
function recordedWords(words: SteeringWords) {
  return { ...words, else: words.else === 'flow' ? words.else : Number(words.else) };
}

/** Sets or removes the address filter of a held device, and remembers it. */
export function filterDevice({ device, name }: HeldDevice, words: FilterWords | undefined): void {
  const filter = words === undefined ? undefined : completeFilter(words);
  applyFilter(device.queues[0]!.fd, filter, { action: 'filter', object: name });
  const directory = findDeviceDirectory(device.ifindex);
  if (directory !== undefined) writeFilterRecord(directory, filter);
}

/** The settings of a device that only the runtime directory remembers. */
export interface KeptSettings {
  readonly steering: SteeringRecord | undefined;
  readonly filter: AddressFilter | undefined;
}

/** Reads what is remembered of the device with index `ifindex` in this network namespace. */
export function readKeptSettings(ifindex: number): KeptSettings {
  const directory = findDeviceDirectory(ifindex);
  if (directory === undefined) return { steering: undefined, filter: undefined };
  return { steering: readSteeringRecord(directory), filter: readFilterRecord(directory) };
}

/** Remembers settings in the folder `directory` that the device has after a move. */
export function writeKeptSettings(directory: string, { steering, filter }: KeptSettings): void {
  writeSteeringRecord(directory, steering);
  writeFilterRecord(directory, filter);
}
