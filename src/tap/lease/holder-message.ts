import { MalformedError } from '../../errors.js';
import { clipped, NAME_BYTES_MAX, printable } from '../state/foreign-text.js';
import { KERNEL_QUEUES_MAX } from '../state/limits.js';

/** Rises with every change that an older rtap would misunderstand. */
export const PROTOCOL_VERSION = 1;
/** Most bytes of a request. The longest are those with a map of many ranges. */
export const REQUEST_BYTES_MAX = 65_536;
/** Most bytes of a reply. A holder receives requests into memory of this size. */
export const REPLY_BYTES_MAX = 65_536;
/** More offloads than there are, so that a newer rtap can send words that this one does not know. */
export const OFFLOADS_MAX = 16;

const encoder = new TextEncoder();
const decoder = new TextDecoder('utf-8', { fatal: true });

/** Encodes a message of the holder's protocol: one JSON object, with the version of the protocol as `rtap`. */
export function encodeMessage(message: { readonly type: string }): Uint8Array {
  return encoder.encode(JSON.stringify({ rtap: PROTOCOL_VERSION, ...message }));
}

/** Decodes a message. Throws a MalformedError if `bytes` are more than `bytesMax`, or no message of this version. */
export function decodeMessage(bytes: Uint8Array, bytesMax: number): MessageFields {
  if (bytes.length > bytesMax)
    throw malformed(`it has ${bytes.length} bytes, at most ${bytesMax} are possible`);
  const value = parse(bytes);
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw malformed('it is no object');
  const fields = new MessageFields(value);
  const version = fields.whole('rtap', Number.MAX_SAFE_INTEGER);
  if (version !== PROTOCOL_VERSION) {
    throw malformed(`it is of version ${version} of the protocol, this is version ${PROTOCOL_VERSION}`);
  }
  return fields;
}

function parse(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(decoder.decode(bytes));
  } catch {
    throw malformed('it is not JSON');
  }
}

/** The error for a message with this `fault`. */
export function malformed(fault: string): MalformedError {
  return new MalformedError(`cannot read "message": ${fault}`, 0);
}

/** The fields of a message. Each is checked when it is read; a MalformedError says what is wrong with it. */
export class MessageFields {
  readonly #values: ReadonlyMap<string, unknown>;

  constructor(message: object) {
    this.#values = new Map(Object.entries(message));
  }

  has(name: string): boolean {
    return this.#values.has(name);
  }

  /** A text, cut to `bytesMax` bytes of JSON. Characters that control a terminal are replaced. */
  text(name: string, bytesMax = NAME_BYTES_MAX): string {
    const value = this.#values.get(name);
    if (typeof value !== 'string') throw malformed(`"${name}" is no text`);
    return clipped(printable(value), bytesMax);
  }

  flag(name: string): boolean {
    const value = this.#values.get(name);
    if (typeof value !== 'boolean') throw malformed(`"${name}" is neither true nor false`);
    return value;
  }

  /** Those of the flags `names` that are true. A flag may be missing: older versions send fewer. */
  marks<N extends string>(...names: readonly N[]): Partial<Record<N, true>> {
    const marks: Partial<Record<N, true>> = {};
    for (const name of names) if (this.has(name) && this.flag(name)) marks[name] = true;
    return marks;
  }

  /** A whole number from 0 to `max`. */
  whole(name: string, max: number): number {
    const value = this.#values.get(name);
    if (!isWhole(value, max)) throw malformed(`"${name}" is no whole number up to ${max}`);
    return value;
  }

  /** Numbers of queues, rising, each once. */
  queues(name: string): number[] {
    const rising = this.list(name, KERNEL_QUEUES_MAX).every((value, at, all) => {
      return isWhole(value, KERNEL_QUEUES_MAX - 1) && (at === 0 || value > Number(all[at - 1]));
    });
    if (!rising) throw malformed(`"${name}" are no rising numbers of queues`);
    return this.list(name, KERNEL_QUEUES_MAX).map(Number);
  }

  /** For each queue a number from -1 on. */
  indexes(name: string): number[] {
    return this.list(name, KERNEL_QUEUES_MAX).map((value) => {
      if (value !== -1 && !isWhole(value, KERNEL_QUEUES_MAX - 1)) throw malformed(`"${name}" holds no index`);
      return value;
    });
  }

  texts(name: string, max: number): string[] {
    return this.list(name, max).map((value) => {
      if (typeof value !== 'string') throw malformed(`"${name}" holds what is no text`);
      return clipped(printable(value), NAME_BYTES_MAX);
    });
  }

  object(name: string): MessageFields {
    const value = this.#values.get(name);
    if (typeof value !== 'object' || value === null) throw malformed(`"${name}" is no object`);
    return new MessageFields(value);
  }

  /** An array of objects. */
  objects(name: string, max: number): MessageFields[] {
    return this.list(name, max).map((value) => {
      if (typeof value !== 'object' || value === null) throw malformed(`"${name}" holds what is no object`);
      return new MessageFields(value);
    });
  }

  list(name: string, max: number): unknown[] {
    const value = this.#values.get(name);
    if (!Array.isArray(value) || value.length > max) throw malformed(`"${name}" is no array of up to ${max}`);
    return value;
  }
}

function isWhole(value: unknown, max: number): value is number {
  return typeof value === 'number' && Number.isInteger(value) && value >= 0 && value <= max;
}
