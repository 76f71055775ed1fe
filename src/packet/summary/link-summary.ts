import { PacketWindow } from '../bytes/packet-window.js';
import {
  ETH_DEST,
  ETH_HLEN,
  ETH_LENGTH_MAX,
  ETH_PROTO,
  ETH_SOURCE,
  isVlanEtherType,
  VLAN_ENCAPSULATED_PROTO,
  VLAN_HLEN,
} from '../headers/ethernet-header.js';
import { formatEtherType } from '../headers/ethertype-name.js';
import { formatMacAddress } from '../headers/mac-address.js';

const VLAN_ID_MASK = 0x0fff;
const VLAN_DEI = 0x1000;
const VLAN_PRIORITY_SHIFT = 13;

/** Source and destination: `02:00:00:00:00:01 > ff:ff:ff:ff:ff:ff`. The frame must have its Ethernet header. */
export function formatStations(frame: Uint8Array): string {
  return `${formatMacAddress(frame, ETH_SOURCE)} > ${formatMacAddress(frame, ETH_DEST)}`;
}

/**
 * Describes the link layer as tcpdump -e does in front of a packet:
 * `02:00:00:00:00:01 > ff:ff:ff:ff:ff:ff, ethertype ARP (0x0806), length 42: `, VLAN tags included.
 * If the frame ends before, the text ends in `[|ether]` or `[|vlan]`.
 */
export function summarizeLink(frame: Uint8Array, originalLength: number): string {
  if (frame.length < ETH_HLEN) return '[|ether]';
  const window = new PacketWindow(frame, 0, frame.length, Math.max(originalLength, frame.length));
  let text = `${formatStations(frame)}, `;
  let length = `, length ${originalLength}: `;
  let offset = ETH_PROTO;
  while (isVlanEtherType(window.uint16(offset))) {
    if (!window.has(offset + 2 + VLAN_HLEN)) return `${text}[|vlan]`;
    text += `ethertype ${formatEtherType(window.uint16(offset))}${length || ', '}${formatTag(window.uint16(offset + 2))}, `;
    length = '';
    offset += VLAN_ENCAPSULATED_PROTO + 2;
  }
  const etherType = window.uint16(offset);
  if (etherType > ETH_LENGTH_MAX) return `${text}ethertype ${formatEtherType(etherType)}${length || ', '}`;
  return `${text}802.3${length === '' ? ', ' : `, length ${Math.min(etherType, originalLength - ETH_HLEN)}: `}`;
}

function formatTag(tci: number): string {
  const dei = (tci & VLAN_DEI) === 0 ? '' : ', DEI';
  return `vlan ${tci & VLAN_ID_MASK}, p ${tci >> VLAN_PRIORITY_SHIFT}${dei}`;
}
