import { ArgumentRangeError, ArgumentTypeError } from '../../errors.js';
import {
  type RecordedDevice,
  readRecordFile,
  storeRecordFile,
  writeRecordFile,
} from '../state/record-file.js';
import { checkRule, STEERING_KEYS, type SteeringRule } from './steering-rule.js';

const FILE = 'steering.json';

/** What rtap remembers of a program that it has set, since the kernel cannot be asked. */
export interface SteeringRecord {
  readonly rule: SteeringRule;
  /** The kernel's number of the program. */
  readonly program: number;
}

/** Stores `record` in the device folder `directory`. undefined means that no program is set. Throws a SystemError. */
export function writeSteeringRecord(directory: string, record: SteeringRecord | undefined): void {
  writeRecordFile(directory, FILE, encodeSteeringRecord(record));
}

/** As `writeSteeringRecord`, in the folder of `device`. Returns false if this user may not write there. */
export function storeSteeringRecord(device: RecordedDevice, record: SteeringRecord | undefined): boolean {
  return storeRecordFile(device, FILE, encodeSteeringRecord(record));
}

function encodeSteeringRecord(record: SteeringRecord | undefined): object | undefined {
  return record === undefined ? undefined : { ...record.rule, program: record.program };
}

/** What is stored in the device folder `directory`. Undefined if that is nothing, or nonsense. */
export function readSteeringRecord(directory: string): SteeringRecord | undefined {
  const members = readRecordFile(directory, FILE);
  return decodeSteeringRecord({
    by: members.get('by'),
    map: members.get('map'),
    else: members.get('else'),
    program: members.get('program'),
  });
}

/** Makes a record of what another process says. Returns undefined if that is none. */
export function decodeSteeringRecord(
  words: Readonly<Record<'by' | 'map' | 'else' | 'program', unknown>>,
): SteeringRecord | undefined {
  const by = STEERING_KEYS.find((key) => key === words.by);
  const { map, else: otherwise, program } = words;
  if (by === undefined || typeof program !== 'number' || !Number.isSafeInteger(program)) return undefined;
  // It is printed: a map from another user must not have a line break.
  if (map !== undefined && (typeof map !== 'string' || /\s/.test(map))) return undefined;
  if (otherwise !== 'flow' && typeof otherwise !== 'number') return undefined;
  const rule: SteeringRule = { by, ...(map === undefined ? {} : { map }), else: otherwise };
  return isRule(rule) ? { rule, program } : undefined;
}

function isRule(rule: SteeringRule): boolean {
  try {
    checkRule(rule);
    return true;
  } catch (error) {
    if (error instanceof ArgumentTypeError || error instanceof ArgumentRangeError) return false;
    throw error;
  }
}
