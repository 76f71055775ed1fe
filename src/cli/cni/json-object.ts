import { CniError, UNDECODABLE_CONTENT } from './cni-error.js';

/** The members of a JSON object, as they came. */
export type Members = ReadonlyMap<string, unknown>;

/** Reads a JSON object. Throws a CniError if `text` is none. `what` names it there. */
export function readObject(text: string, what: string): Members {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new CniError(UNDECODABLE_CONTENT, `cannot read ${what}: it is no JSON`, String(error));
  }
  const members = membersOf(value);
  if (members === undefined)
    throw new CniError(UNDECODABLE_CONTENT, `cannot read ${what}: it is no JSON object`);
  return members;
}

/** The members of `value` if it is an object. */
export function membersOf(value: unknown): Members | undefined {
  return isObject(value) ? new Map(Object.entries(value)) : undefined;
}

/** Whether `value` is a JSON object: neither null nor an array. */
export function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
