import { formatHex } from './hex.js';
import { formatMacAddress } from './mac-address.js';
import type { PacketWindow } from './packet-window.js';

// Source: IEEE 802.1D-2004, 9.3: bridge protocol data units. Bytes; multi-byte fields are big-endian.
const BPDU_SIZE_MIN = 4;
const BPDU_CONFIGURATION_SIZE = 35;
const BPDU_PROTOCOL_ID = 0; // 2
const BPDU_VERSION = 2; //     1
const BPDU_TYPE = 3; //        1
const BPDU_FLAGS = 4; //       1
const BPDU_BRIDGE_ID = 17; //  8: priority (2), MAC address (6)
const BPDU_PORT_ID = 25; //    2

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

/** Describes a spanning tree message as tcpdump does: `STP 802.1w, Rapid STP, Flags [Proposal], ...`. */
export function summarizeStp(message: PacketWindow): string {
  if (message.wireLength < BPDU_SIZE_MIN) return 'STP (invalid)';
  if (!message.has(BPDU_SIZE_MIN)) return '[|stp]';
  if (message.uint16(BPDU_PROTOCOL_ID) !== 0) return `unknown STP version, length ${message.wireLength}`;
  const version = message.uint8(BPDU_VERSION);
  const versionName = VERSION_NAMES[version];
  if (versionName === undefined) return `STP Unknown STP protocol (0x${formatHex(Uint8Array.of(version))})`;
  const type = message.uint8(BPDU_TYPE);
  const typeName = TYPE_NAMES[type] ?? `Unknown BPDU Type (0x${formatHex(Uint8Array.of(type))})`;
  return `STP ${versionName}, ${typeName}${describeConfiguration(message, version, type)}`;
}

function describeConfiguration(message: PacketWindow, version: number, type: number): string {
  if (type !== TYPE_CONFIGURATION && type !== TYPE_RAPID) return '';
  if (message.wireLength < BPDU_CONFIGURATION_SIZE) return ' (invalid)';
  if (!message.has(BPDU_CONFIGURATION_SIZE)) return ' [|stp]';
  const flags = formatFlags(message.uint8(BPDU_FLAGS));
  // 802.1s and 802.1aq put other things where the bridge identifier was.
  const common = type === TYPE_CONFIGURATION || version === VERSION_RAPID;
  if (!common) return `, CIST Flags [${flags}], length ${message.wireLength}`;
  return `, Flags [${flags}], bridge-id ${formatBridge(message)}, length ${message.wireLength}`;
}

function formatFlags(flags: number): string {
  const names = FLAG_NAMES.filter(([flag]) => (flags & flag) !== 0).map(([, name]) => name);
  return names.length === 0 ? 'none' : names.join(', ');
}

/** Priority, address and port as `8001.00:19:06:ea:b8:80.800c`. */
function formatBridge(message: PacketWindow): string {
  const bridge = message.start + BPDU_BRIDGE_ID;
  const port = message.start + BPDU_PORT_ID;
  const priority = formatHex(message.bytes, bridge, bridge + 2);
  return `${priority}.${formatMacAddress(message.bytes, bridge + 2)}.${formatHex(message.bytes, port, port + 2)}`;
}
