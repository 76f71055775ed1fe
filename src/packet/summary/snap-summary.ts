import type { PacketWindow } from '../bytes/packet-window.js';
import { formatEtherType } from '../headers/ethertype-name.js';
import { summarizeNetwork } from './network-summary.js';
import { summarizeStp } from './stp-summary.js';

// Source: IEEE 802-2014, 9.5: the header that follows an LLC header with SAP 0xaa. Bytes; both fields are big-endian.
export const SNAP_SIZE = 5;
const SNAP_OUI = 0; //      3: the organization that defines the protocols
const SNAP_PROTOCOL = 3; // 2: an ethertype when the OUI is zero

const OUI_ETHERNET = 0x000000;
const OUI_CISCO = 0x00000c;
const CISCO_PVST = 0x010b;
const CISCO_VLAN_BRIDGE = 0x010c;

const OUI_NAMES: Readonly<Record<number, string>> = {
  [OUI_ETHERNET]: 'Ethernet',
  [OUI_CISCO]: 'Cisco',
  524295: 'Appletalk',
  32962: 'Ethernet bridged',
};

const CISCO_NAMES: Readonly<Record<number, string>> = {
  [CISCO_PVST]: 'PVST',
  [CISCO_VLAN_BRIDGE]: 'VLAN Bridge',
  273: 'UDLD',
  8192: 'CDP',
  8195: 'VTP',
  8196: 'DTP',
};

export interface LinkSummaryOptions {
  /** Both stations, `02:00:00:00:00:01 > 01:80:c2:00:00:00`. */
  readonly addresses: string;
  /** Whether the line shows the link layer: the stations are left out then, and the LLC and SNAP headers added. */
  readonly linkShown: boolean;
  /** Adds what tcpdump -v does. */
  readonly verbose: boolean;
}

/** Describes the packet behind a SNAP header: IP, ARP, Cisco's spanning tree and, briefly, others. */
export function summarizeSnap(frame: PacketWindow, options: LinkSummaryOptions): string {
  if (!frame.has(SNAP_SIZE)) return '[|snap]';
  const oui = frame.uint16(SNAP_OUI) * 0x100 + frame.uint8(SNAP_OUI + 2);
  const protocol = frame.uint16(SNAP_PROTOCOL);
  const payload = frame.from(SNAP_SIZE);
  const text = summarizePayload(oui, protocol, payload, options);
  const length = `length ${payload.wireLength}: `;
  if (options.linkShown)
    return `oui ${formatOui(oui)}, ${formatProtocol(oui, protocol)}, ${length}${text ?? ''}`;
  if (text !== undefined) return text;
  const owner = oui === OUI_ETHERNET ? '' : `oui ${formatOui(oui)}, `;
  return `${options.addresses} SNAP, ${owner}${formatProtocol(oui, protocol)}, ${length}`;
}

function summarizePayload(
  oui: number,
  protocol: number,
  payload: PacketWindow,
  { linkShown, verbose }: LinkSummaryOptions,
): string | undefined {
  if (oui === OUI_ETHERNET) return summarizeNetwork(protocol, payload, { named: !linkShown, verbose });
  const isSpanningTree = oui === OUI_CISCO && (protocol === CISCO_PVST || protocol === CISCO_VLAN_BRIDGE);
  return isSpanningTree ? summarizeStp(payload, verbose) : undefined;
}

function formatOui(oui: number): string {
  return `${OUI_NAMES[oui] ?? 'Unknown'} (0x${oui.toString(16).padStart(6, '0')})`;
}

function formatProtocol(oui: number, protocol: number): string {
  if (oui === OUI_ETHERNET) return `ethertype ${formatEtherType(protocol)}`;
  const name = oui === OUI_CISCO ? CISCO_NAMES[protocol] : undefined;
  return `pid ${name ?? 'Unknown'} (0x${protocol.toString(16).padStart(4, '0')})`;
}
