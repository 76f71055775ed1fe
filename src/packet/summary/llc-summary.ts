import { formatHexByte } from '../bytes/hex.js';
import type { PacketWindow } from '../bytes/packet-window.js';
import { type LinkSummaryOptions, SNAP_SIZE, summarizeSnap } from './snap-summary.js';
import { summarizeStp } from './stp-summary.js';

// Source: include/net/llc_pdu.h, include/linux/llc.h; IEEE 802.2. Bytes.
const LLC_SIZE_MIN = 3;
const LLC_DSAP = 0; //    u8
const LLC_SSAP = 1; //    u8
const LLC_CONTROL = 2; // u8, or __le16 when its lowest two bits are not both set

/** Lowest bit of a SAP: a group (DSAP) or a response (SSAP). */
const SAP_BIT = 0x01;
const UNNUMBERED_MASK = 0x03;
const UNNUMBERED_COMMAND = 0xef;
const UNNUMBERED_POLL = 0x10;
const UNNUMBERED_INFORMATION = 0x03;
const SUPERVISORY_BITS = 0x01;

const SAP_STP = 0x42;
const SAP_SNAP = 0xaa;

const SAP_NAMES: Readonly<Record<number, string>> = {
  0: 'Null',
  [SAP_STP]: 'STP',
  [SAP_SNAP]: 'SNAP',
  224: 'IPX',
  240: 'NetBeui',
  254: 'OSI',
};

const COMMAND_NAMES: Readonly<Record<number, string>> = {
  3: 'ui',
  15: 'dm',
  67: 'disc',
  99: 'ua',
  111: 'sabme',
  135: 'frmr',
  175: 'xid',
  227: 'test',
};

const SUPERVISORY_NAMES: readonly string[] = ['Receiver Ready', 'Receiver not Ready', 'Reject', '?'];

/** Describes an 802.3 payload: spanning tree, SNAP and, briefly, other LLC frames. */
export function summarizeLlc(frame: PacketWindow, options: LinkSummaryOptions): string {
  if (!frame.has(LLC_SIZE_MIN)) return '[|llc]';
  const dsap = frame.uint8(LLC_DSAP) & ~SAP_BIT;
  const ssap = frame.uint8(LLC_SSAP) & ~SAP_BIT;
  const isUnnumbered = (frame.uint8(LLC_CONTROL) & UNNUMBERED_MASK) === UNNUMBERED_MASK;
  const headerBytes = isUnnumbered ? LLC_SIZE_MIN : LLC_SIZE_MIN + 1;
  if (!frame.has(headerBytes)) return '[|llc]';
  const header = options.linkShown ? formatHeader(frame, isUnnumbered) : '';
  if (frame.uint8(LLC_CONTROL) === UNNUMBERED_INFORMATION && dsap === ssap) {
    const payload = frame.from(headerBytes);
    if (dsap === SAP_STP) return header + summarizeStp(payload, options.verbose);
    if (dsap === SAP_SNAP) return header + summarizeSnap(payload, options);
  }
  const stations = options.linkShown ? '' : `${formatStations(dsap, ssap, options.addresses)} `;
  const command = isUnnumbered ? formatUnnumbered(frame) : formatNumbered(frame);
  return `${header}${stations}${command}, length ${frame.wireLength}`;
}

/** Bytes of the LLC header, and of the SNAP header if one follows; at most what was captured. */
export function llcHeaderLength(frame: PacketWindow): number {
  if (!frame.has(LLC_SIZE_MIN)) return frame.capturedLength;
  const control = frame.uint8(LLC_CONTROL);
  const isSnap = control === UNNUMBERED_INFORMATION && (frame.uint8(LLC_SSAP) & ~SAP_BIT) === SAP_SNAP;
  const controlBytes = (control & UNNUMBERED_MASK) === UNNUMBERED_MASK ? 0 : 1;
  return Math.min(frame.capturedLength, LLC_SIZE_MIN + controlBytes + (isSnap ? SNAP_SIZE : 0));
}

function formatHeader(frame: PacketWindow, isUnnumbered: boolean): string {
  const dsap = frame.uint8(LLC_DSAP);
  const ssap = frame.uint8(LLC_SSAP);
  const dsapKind = (dsap & SAP_BIT) === 0 ? 'Individual' : 'Group';
  const ssapKind = (ssap & SAP_BIT) === 0 ? 'Command' : 'Response';
  const high = isUnnumbered ? '' : formatHexByte(frame.uint8(LLC_CONTROL + 1));
  const control = high + formatHexByte(frame.uint8(LLC_CONTROL));
  return `LLC, dsap ${formatSap(dsap)} ${dsapKind}, ssap ${formatSap(ssap)} ${ssapKind}, ctrl 0x${control}: `;
}

function formatSap(field: number): string {
  const sap = field & ~SAP_BIT;
  return `${SAP_NAMES[sap] ?? 'Unknown'} (0x${formatHexByte(sap)})`;
}

function formatStations(dsap: number, ssap: number, addresses: string): string {
  const dsapName = SAP_NAMES[dsap] ?? `Unknown DSAP 0x${formatHexByte(dsap)}`;
  if (dsap === ssap) return `${addresses} ${dsapName}`;
  const ssapName = SAP_NAMES[ssap] ?? `Unknown SSAP 0x${formatHexByte(ssap)}`;
  return `${addresses.replace(' > ', ` ${ssapName} > `)} ${dsapName}`;
}

function formatUnnumbered(frame: PacketWindow): string {
  const control = frame.uint8(LLC_CONTROL);
  const command = COMMAND_NAMES[control & UNNUMBERED_COMMAND] ?? formatHexByte(control & UNNUMBERED_COMMAND);
  return `Unnumbered, ${command}, Flags [${formatFlags(frame, (control & UNNUMBERED_POLL) !== 0)}]`;
}

function formatNumbered(frame: PacketWindow): string {
  const low = frame.uint8(LLC_CONTROL);
  const high = frame.uint8(LLC_CONTROL + 1);
  const flags = `rcv seq ${high >> 1}, Flags [${formatFlags(frame, (high & 1) !== 0)}]`;
  if ((low & SUPERVISORY_BITS) === 0) return `Information, send seq ${low >> 1}, ${flags}`;
  return `Supervisory, ${SUPERVISORY_NAMES[(low >> 2) & 0x03]}, ${flags}`;
}

function formatFlags(frame: PacketWindow, isPoll: boolean): string {
  const isResponse = (frame.uint8(LLC_SSAP) & SAP_BIT) !== 0;
  if (isPoll) return isResponse ? 'Final' : 'Poll';
  return isResponse ? 'Response' : 'Command';
}
