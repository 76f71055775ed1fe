import { PacketWindow } from '../bytes/packet-window.js';
import { ETH_HLEN, ETH_LENGTH_MAX, NO_NETWORK_HEADER, networkOffset } from '../headers/ethernet-header.js';
import { formatEtherType } from '../headers/ethertype-name.js';
import { formatStations, summarizeLink } from './link-summary.js';
import { llcHeaderLength, summarizeLlc } from './llc-summary.js';
import { summarizeNetwork } from './network-summary.js';

export interface VerboseSummaryOptions {
  /** Puts the link layer in front, as tcpdump -e does. @default false */
  readonly linkShown?: boolean;
}

interface SummaryForm {
  readonly linkShown: boolean;
  readonly verbose: boolean;
}

const PLAIN: SummaryForm = { linkShown: false, verbose: false };
const WITH_LINK: SummaryForm = { linkShown: true, verbose: false };
const VERBOSE: SummaryForm = { linkShown: false, verbose: true };
const VERBOSE_WITH_LINK: SummaryForm = { linkShown: true, verbose: true };

/**
 * Describes an Ethernet frame in one line, as tcpdump -nn -S does after the timestamp. `frame` is what was captured of
 * `originalLength` bytes. Never throws: if the frame is cut, the protocol that lacks bytes prints `[|tcp]`, as tcpdump
 * does.
 */
export function summarizeFrame(frame: Uint8Array, originalLength: number): string {
  return summarize(frame, originalLength, PLAIN);
}

/** Describes a frame with its link layer in front, as tcpdump -nn -S -e does. */
export function summarizeFrameWithLink(frame: Uint8Array, originalLength: number): string {
  return summarize(frame, originalLength, WITH_LINK);
}

/**
 * Describes a frame as tcpdump -v -nn -S does: header fields, checksums and options too, in one or several lines
 * joined by newlines. Unlike -v it reports a wrong UDP checksum over IPv4, as -vv does.
 */
export function summarizeFrameVerbosely(
  frame: Uint8Array,
  originalLength: number,
  options: VerboseSummaryOptions = {},
): string {
  return summarize(frame, originalLength, options.linkShown === true ? VERBOSE_WITH_LINK : VERBOSE);
}

/**
 * Where the link layer ends, behind VLAN tags and LLC headers. tcpdump -x prints the bytes from there on. 0 for a frame
 * that is cut before: all of it is printed.
 */
export function linkHeaderLength(frame: Uint8Array): number {
  const offset = networkOffset(frame);
  if (offset === NO_NETWORK_HEADER) return 0;
  if (etherTypeBefore(frame, offset) > ETH_LENGTH_MAX) return offset;
  return offset + llcHeaderLength(new PacketWindow(frame, offset, frame.length, frame.length - offset));
}

function summarize(frame: Uint8Array, originalLength: number, form: SummaryForm): string {
  const { linkShown } = form;
  if (frame.length === 0 || originalLength < frame.length) {
    return describeLengths(frame.length, originalLength);
  }
  const link = linkShown ? summarizeLink(frame, originalLength) : '';
  const offset = networkOffset(frame);
  if (offset !== NO_NETWORK_HEADER) {
    return withoutColon(link + summarizePayload(frame, originalLength, offset, form));
  }
  if (linkShown) return link;
  return frame.length < ETH_HLEN ? '[|ether]' : '[|vlan]';
}

function summarizePayload(
  frame: Uint8Array,
  originalLength: number,
  offset: number,
  { linkShown, verbose }: SummaryForm,
): string {
  const etherType = etherTypeBefore(frame, offset);
  const payload = new PacketWindow(frame, offset, frame.length, originalLength - offset);
  if (etherType <= ETH_LENGTH_MAX) {
    const part = etherType < payload.wireLength ? payload.resize(etherType) : payload;
    return summarizeLlc(part, { addresses: formatStations(frame), linkShown, verbose });
  }
  const text = summarizeNetwork(etherType, payload, { named: !linkShown, verbose });
  if (text !== undefined) return text;
  if (linkShown) return '';
  return `${formatStations(frame)}, ethertype ${formatEtherType(etherType)}, length ${originalLength}`;
}

function etherTypeBefore(frame: Uint8Array, offset: number): number {
  return (frame[offset - 2]! << 8) | frame[offset - 1]!;
}

/** The lengths of a capture's record that contradict each other. */
function describeLengths(capturedLength: number, originalLength: number): string {
  const faults: string[] = [];
  if (capturedLength === 0) faults.push('caplen==0');
  if (originalLength === 0) faults.push('len==0');
  else if (originalLength < capturedLength) faults.push(`len(${originalLength}) < caplen(${capturedLength})`);
  return `[Invalid header: ${faults.join(', ')}]`;
}

/** tcpdump prints the bytes of an unknown protocol behind the colon. Here nothing follows it. */
function withoutColon(line: string): string {
  return line.endsWith(': ') ? line.slice(0, -2) : line;
}
