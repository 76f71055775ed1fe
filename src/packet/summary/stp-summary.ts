import { formatHex } from '../bytes/hex.js';
import type { PacketWindow } from '../bytes/packet-window.js';
import { formatMacAddress } from '../headers/mac-address.js';

// Source: IEEE 802.1D-2004, 9.3: bridge protocol data units. Bytes; multi-byte fields are big-endian.
const BPDU_SIZE_MIN = 4;
const BPDU_CONFIGURATION_SIZE = 35;
const BPDU_RAPID_SIZE = 36;
const BPDU_PROTOCOL_ID = 0; // 2
const BPDU_VERSION = 2; //     1
const BPDU_TYPE = 3; //        1
const BPDU_FLAGS = 4; //       1
const BPDU_ROOT_ID = 5; //     8: priority (2), MAC address (6)
const BPDU_ROOT_COST = 13; //  4
const BPDU_BRIDGE_ID = 17; //  8: as the root's
const BPDU_PORT_ID = 25; //    2
const BPDU_MESSAGE_AGE = 27; // 2, this and the next three in 1/256 s
const BPDU_MAX_AGE = 29; //    2
const BPDU_HELLO_TIME = 31; // 2
const BPDU_FORWARD_DELAY = 33; // 2

/** BPDU_FLAGS of a rapid spanning tree: two bits. */
const PORT_ROLE_SHIFT = 2;
const PORT_ROLES: readonly string[] = ['Unknown', 'Alternate', 'Root', 'Designated'];

const TYPE_CONFIGURATION = 0x00;
const TYPE_RAPID = 0x02;
const VERSION_RAPID = 2;

const VERSION_NAMES: Readonly<Record<number, string>> = {
  0: '802.1d',
  2: '802.1w',
  3: '802.1s',
  4: '802.1aq',
};

const TYPE_NAMES: Readonly<Record<number, string>> = {
  [TYPE_CONFIGURATION]: 'Config',
  [TYPE_RAPID]: 'Rapid STP',
  128: 'Topology Change',
};

const FLAG_NAMES: readonly (readonly [flag: number, name: string])[] = [
  [0x01, 'Topology change'],
  [0x02, 'Proposal'],
  [0x10, 'Learn'],
  [0x20, 'Forward'],
  [0x40, 'Agreement'],
  [0x80, 'Topology change ACK'],
];

/** Describes a spanning tree message as tcpdump does: `STP 802.1w, Rapid STP, Flags [Proposal], ...`, and as -v if `verbose`. */
export function summarizeStp(message: PacketWindow, verbose: boolean): string {
  if (message.wireLength < BPDU_SIZE_MIN) return 'STP (invalid)';
  if (!message.has(BPDU_SIZE_MIN)) return '[|stp]';
  if (message.uint16(BPDU_PROTOCOL_ID) !== 0) return `unknown STP version, length ${message.wireLength}`;
  const version = message.uint8(BPDU_VERSION);
  const versionName = VERSION_NAMES[version];
  if (versionName === undefined) return `STP Unknown STP protocol (0x${formatHex(Uint8Array.of(version))})`;
  const type = message.uint8(BPDU_TYPE);
  const typeName = TYPE_NAMES[type] ?? `Unknown BPDU Type (0x${formatHex(Uint8Array.of(type))})`;
  return `STP ${versionName}, ${typeName}${describeConfiguration(message, version, type, verbose)}`;
}

function describeConfiguration(
  message: PacketWindow,
  version: number,
  type: number,
  verbose: boolean,
): string {
  if (type !== TYPE_CONFIGURATION && type !== TYPE_RAPID) return '';
  const size = type === TYPE_RAPID ? BPDU_RAPID_SIZE : BPDU_CONFIGURATION_SIZE;
  if (message.wireLength < size) return ' (invalid)';
  if (!message.has(BPDU_CONFIGURATION_SIZE)) return ' [|stp]';
  const flags = formatFlags(message.uint8(BPDU_FLAGS));
  // 802.1s and 802.1aq have other fields in place of the bridge identifier.
  const common = type === TYPE_CONFIGURATION || version === VERSION_RAPID;
  if (!common) return `, CIST Flags [${flags}], length ${message.wireLength}`;
  const text = `, Flags [${flags}], bridge-id ${formatPort(message)}, length ${message.wireLength}`;
  return verbose ? text + describeTimers(message, type) : text;
}

/** Two more lines. Times are in 256ths of a second. */
function describeTimers(message: PacketWindow, type: number): string {
  const seconds = (offset: number) => `${(message.uint16(offset) / 256).toFixed(2)}s`;
  const role = PORT_ROLES[(message.uint8(BPDU_FLAGS) >> PORT_ROLE_SHIFT) & 0x03];
  return [
    `\n\tmessage-age ${seconds(BPDU_MESSAGE_AGE)}, max-age ${seconds(BPDU_MAX_AGE)}`,
    `, hello-time ${seconds(BPDU_HELLO_TIME)}, forwarding-delay ${seconds(BPDU_FORWARD_DELAY)}`,
    `\n\troot-id ${formatBridge(message, BPDU_ROOT_ID)}, root-pathcost ${message.uint32(BPDU_ROOT_COST)}`,
    type === TYPE_RAPID ? `, port-role ${role}` : '',
  ].join('');
}

function formatFlags(flags: number): string {
  const names = FLAG_NAMES.filter(([flag]) => (flags & flag) !== 0).map(([, name]) => name);
  return names.length === 0 ? 'none' : names.join(', ');
}

/** Bridge and port as `8001.00:19:06:ea:b8:80.800c`. */
function formatPort(message: PacketWindow): string {
  const port = message.start + BPDU_PORT_ID;
  return `${formatBridge(message, BPDU_BRIDGE_ID)}.${formatHex(message.bytes, port, port + 2)}`;
}

/** Priority and address. */
function formatBridge(message: PacketWindow, offset: number): string {
  const bridge = message.start + offset;
  return `${formatHex(message.bytes, bridge, bridge + 2)}.${formatMacAddress(message.bytes, bridge + 2)}`;
}
