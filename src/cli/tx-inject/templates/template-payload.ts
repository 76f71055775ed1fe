import { closeSync, openSync, readSync } from 'node:fs';
import { ArgumentTypeError } from '../../../errors.js';
import { parseHex } from '../../../packet/bytes/hex.js';
import { fileRefused } from '../../../tap/state/file-refusal.js';

/** Most bytes that a frame holds. */
const PAYLOAD_BYTES_MAX = 65_535;

/** The options for the payload, as typed. */
export interface PayloadArguments {
  readonly payload?: string;
  readonly payloadHex?: string;
  readonly payloadFile?: string;
}

/**
 * The payload that the options mean; undefined if none is given. Reads no more of a file than a frame can hold. Throws a
 * TypeError for impossible options, a SystemError for a file that cannot be read.
 */
export function readPayload(given: PayloadArguments): Uint8Array | undefined {
  const { payload, payloadHex, payloadFile } = given;
  if ([payload, payloadHex, payloadFile].filter((option) => option !== undefined).length > 1) {
    throw new ArgumentTypeError(
      'cannot use several payloads: give one of --payload, --payload-hex and --payload-file',
    );
  }
  if (payload !== undefined) return assertBytes('--payload', payload, new TextEncoder().encode(payload));
  if (payloadHex !== undefined) return assertBytes('--payload-hex', payloadHex, parseHex(payloadHex));
  if (payloadFile === undefined) return undefined;
  return assertBytes('--payload-file', payloadFile, readBeginning(payloadFile));
}

function assertBytes(option: string, text: string, bytes: Uint8Array): Uint8Array {
  if (bytes.length === 0) throw new ArgumentTypeError(`cannot use ${option} "${text}": it is empty`);
  return bytes;
}

function readBeginning(path: string): Uint8Array {
  try {
    return readBytes(path);
  } catch (error) {
    if (error instanceof Error && 'code' in error) throw fileRefused('read', path, String(error.code));
    throw error;
  }
}

function readBytes(path: string): Uint8Array {
  const bytes = new Uint8Array(PAYLOAD_BYTES_MAX);
  const fd = openSync(path, 'r');
  try {
    let length = 0;
    for (;;) {
      const count = readSync(fd, bytes, length, bytes.length - length, null);
      length += count;
      if (count === 0 || length === bytes.length) return bytes.subarray(0, length);
    }
  } finally {
    closeSync(fd);
  }
}
