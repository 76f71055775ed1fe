import { formatHex } from '../../bytes/hex.js';
import type { PacketWindow } from '../../bytes/packet-window.js';
import {
  TCPOPT_EOL,
  TCPOPT_EXP,
  TCPOPT_FASTOPEN,
  TCPOPT_MD5SIG,
  TCPOPT_MPTCP,
  TCPOPT_MSS,
  TCPOPT_NOP,
  TCPOPT_SACK,
  TCPOPT_SACK_PERM,
  TCPOPT_TIMESTAMP,
  TCPOPT_WINDOW,
} from '../../headers/tcp-header.js';

const NAMES: Readonly<Record<number, string>> = {
  [TCPOPT_EOL]: 'eol',
  [TCPOPT_NOP]: 'nop',
  [TCPOPT_MSS]: 'mss',
  [TCPOPT_WINDOW]: 'wscale',
  [TCPOPT_SACK_PERM]: 'sackOK',
  [TCPOPT_SACK]: 'sack',
  [TCPOPT_TIMESTAMP]: 'TS',
  [TCPOPT_MD5SIG]: 'md5',
  [TCPOPT_MPTCP]: 'mptcp',
  [TCPOPT_FASTOPEN]: 'tfo',
  [TCPOPT_EXP]: 'exp',
};

/** Bytes of an option's value, for options of one size. */
const VALUE_BYTES: Readonly<Record<number, number>> = {
  [TCPOPT_MSS]: 2,
  [TCPOPT_WINDOW]: 1,
  [TCPOPT_SACK_PERM]: 0,
  [TCPOPT_TIMESTAMP]: 8,
  [TCPOPT_MD5SIG]: 16,
};

const SACK_BLOCK_BYTES = 8;

/** Ends the list before an option that does not fit. */
export const BAD_OPTION_MARK = '[bad opt]';

/** What `readOptionBytes` returns for an impossible option, and for one whose length was not captured. */
const BAD_OPTION = 0;
const NOT_CAPTURED = -1;

/**
 * Describes the options as tcpdump does: `[mss 1460,sackOK,TS val 1 ecr 0,nop,wscale 7]`. An option that does not fit
 * ends the list with `[bad opt]`, one that was not captured with `[|tcp]`.
 */
export function summarizeTcpOptions(options: PacketWindow): string {
  let text = '[';
  let offset = 0;
  while (offset < options.wireLength) {
    if (offset > 0) text += ',';
    const length = readOptionBytes(options, offset);
    if (length === BAD_OPTION) return text + BAD_OPTION_MARK;
    if (length === NOT_CAPTURED) return `${text} [|tcp]`;
    const kind = options.uint8(offset);
    if (!options.has(offset + length)) return `${text}${formatKind(kind)} [|tcp]`;
    text += describeOption(kind, options, offset, length);
    offset += length;
    if (kind === TCPOPT_EOL) break;
  }
  return `${text}]`;
}

/** Bytes of the option, its kind and length included. */
function readOptionBytes(options: PacketWindow, offset: number): number {
  if (!options.has(offset + 1)) return NOT_CAPTURED;
  const kind = options.uint8(offset);
  if (kind === TCPOPT_EOL || kind === TCPOPT_NOP) return 1;
  if (offset + 2 > options.wireLength) return BAD_OPTION;
  if (!options.has(offset + 2)) return NOT_CAPTURED;
  const length = options.uint8(offset + 1);
  return length < 2 || offset + length > options.wireLength ? BAD_OPTION : length;
}

function formatKind(kind: number): string {
  return NAMES[kind] ?? `unknown-${kind}`;
}

function describeOption(kind: number, options: PacketWindow, offset: number, length: number): string {
  const name = formatKind(kind);
  const wanted = VALUE_BYTES[kind];
  if (wanted !== undefined && wanted !== length - 2) return `${name}[len ${length}]`;
  return name + describeValue(kind, options, offset + 2, length - 2);
}

function describeValue(kind: number, options: PacketWindow, offset: number, byteCount: number): string {
  switch (kind) {
    case TCPOPT_EOL:
    case TCPOPT_NOP:
    case TCPOPT_SACK_PERM:
      return '';
    case TCPOPT_MSS:
      return ` ${options.uint16(offset)}`;
    case TCPOPT_WINDOW:
      return ` ${options.uint8(offset)}`;
    case TCPOPT_SACK:
      return describeSack(options, offset, byteCount);
    case TCPOPT_TIMESTAMP:
      return ` val ${options.uint32(offset)} ecr ${options.uint32(offset + 4)}`;
    case TCPOPT_MD5SIG:
      return ` ${digits(options, offset, byteCount)}`;
    case TCPOPT_FASTOPEN:
      return byteCount === 0 ? ' cookiereq' : ` cookie ${digits(options, offset, byteCount)}`;
    case TCPOPT_EXP:
      return byteCount < 2 ? '' : `-${digits(options, offset, 2)}`;
    default:
      return byteCount === 0 ? '' : ` 0x${digits(options, offset, byteCount)}`;
  }
}

function describeSack(options: PacketWindow, offset: number, byteCount: number): string {
  if (byteCount % SACK_BLOCK_BYTES !== 0) return ' invalid sack';
  let text = ` ${byteCount / SACK_BLOCK_BYTES} `;
  for (let at = offset; at < offset + byteCount; at += SACK_BLOCK_BYTES) {
    text += `{${options.uint32(at)}:${options.uint32(at + 4)}}`;
  }
  return text;
}

function digits(options: PacketWindow, offset: number, byteCount: number): string {
  return formatHex(options.bytes, options.start + offset, options.start + offset + byteCount);
}
