import { ArgumentRangeError, ArgumentTypeError } from '../../../errors.js';
import { type FrameShape, placeField } from '../../../packet/generate/field-place.js';
import { VLAN_ID_MAX } from '../../../packet/generate/frame-template.js';
import {
  VARIED_FIELDS,
  type VariedField,
  type VariedFieldName,
} from '../../../packet/generate/varied-field.js';
import { parseIpAddress } from '../../../packet/headers/ip-address.js';
import { parseMacAddress } from '../../../packet/headers/mac-address.js';

const FORM = /^([a-z-]+)=(.+?)(?:\.\.(.+?))?(?:\/(\d+))?$/;
const BITS_PER_BYTE = 8;

/**
 * Reads the values of `--vary`, such as `src-port=1000..2000` or `dst-ip=10.0.0.1..10.0.3.1/256`, for frames of `shape`.
 * Throws a TypeError or RangeError for impossible ones.
 */
export function parseVariedFields(texts: readonly string[], shape: FrameShape): VariedField[] {
  const fields = texts.map((text) => parseVariedField(text, shape));
  const twice = fields.find(({ name }, index) => fields.findIndex((other) => other.name === name) < index);
  if (twice !== undefined) throw new ArgumentTypeError(`cannot vary "${twice.name}" twice: give one range`);
  return fields;
}

/** The first VLAN id of a range among `texts`; undefined if no VLAN id varies. */
export function firstVlanId(texts: readonly string[]): number | undefined {
  const first = texts.map((text) => /^vlan=(\d+)/.exec(text)?.[1]).find((digits) => digits !== undefined);
  return first === undefined ? undefined : Number(first);
}

function parseVariedField(text: string, shape: FrameShape): VariedField {
  const match = FORM.exec(text);
  if (match === null) {
    throw new ArgumentTypeError(`cannot read --vary "${text}": wanted a form like src-port=1000..2000`);
  }
  const [, word, from, to, step] = match;
  const name = VARIED_FIELDS.find((field) => field === word);
  if (name === undefined) {
    throw new ArgumentTypeError(`cannot vary "${word}": ${VARIED_FIELDS.join(', ')} are possible`);
  }
  const place = placeField(name, shape);
  if (place === undefined)
    throw new ArgumentTypeError(`cannot vary "${name}": a frame of --${shape.protocol} has none`);
  const [first, last] = [parseValue(name, from!, place.bytes), parseValue(name, to ?? from!, place.bytes)];
  return {
    name,
    first,
    ...countValues(text, { first: toInteger(first), last: toInteger(last), stepText: step }),
  };
}

interface RangeEnds {
  readonly first: bigint;
  readonly last: bigint;
  readonly stepText: string | undefined;
}

function countValues(
  text: string,
  { first, last, stepText }: RangeEnds,
): Pick<VariedField, 'step' | 'count'> {
  const step = Number(stepText ?? 1);
  if (step < 1 || step > 0xffff_ffff) {
    throw new ArgumentRangeError(`cannot use step ${stepText} of "${text}": 1 to 4294967295 are possible`);
  }
  if (last < first)
    throw new ArgumentRangeError(`cannot use range "${text}": its end is before its beginning`);
  const count = (last - first) / BigInt(step) + 1n;
  if (count > BigInt(Number.MAX_SAFE_INTEGER)) {
    throw new ArgumentRangeError(
      `cannot use range "${text}": it has more than ${Number.MAX_SAFE_INTEGER} values`,
    );
  }
  return { step, count: Number(count) };
}

/** One end of a range, as many bytes as the field has. */
function parseValue(name: VariedFieldName, text: string, bytes: number): Uint8Array {
  if (name === 'src-mac' || name === 'dst-mac') return parseMacAddress(text);
  if (name === 'src-ip' || name === 'dst-ip') {
    const address = parseIpAddress(text);
    if (address.length === bytes) return address;
    const [wanted, given] = bytes === 4 ? ['IPv4', 'IPv6'] : ['IPv6', 'IPv4'];
    throw new ArgumentTypeError(
      `cannot vary "${name}" from "${text}": this is an address of ${given}, and the frame has addresses of ${wanted}`,
    );
  }
  return parseNumber(name, text, bytes);
}

function parseNumber(name: VariedFieldName, text: string, bytes: number): Uint8Array {
  const most = name === 'vlan' ? VLAN_ID_MAX : 2 ** (bytes * BITS_PER_BYTE) - 1;
  if (!/^\d+$/.test(text))
    throw new ArgumentTypeError(`cannot read ${name} "${text}": wanted a whole number`);
  const value = Number(text);
  if (value > most) throw new ArgumentRangeError(`cannot use ${name} ${text}: 0 to ${most} are possible`);
  return Uint8Array.from(
    { length: bytes },
    (_, index) => Math.floor(value / 256 ** (bytes - 1 - index)) % 256,
  );
}

function toInteger(bytes: Uint8Array): bigint {
  return bytes.reduce((value, byte) => value * 256n + BigInt(byte), 0n);
}
