import type { PacketWindow } from '../../bytes/packet-window.js';
import type { PseudoHeader } from './header-checksum.js';

/** What an IP header says, as far as its payload's summary needs it. */
export interface IpLayer {
  readonly version: 4 | 6;
  /** What to print before the payload: remarks, extension headers, and the addresses if `addressesShown`. */
  readonly text: string;
  /** False when the ports are to be printed between the addresses. */
  readonly addressesShown: boolean;
  readonly source: string;
  readonly destination: string;
  /** IPPROTO_ of the payload. */
  readonly protocol: number;
  /** True when the payload is the first of several fragments. */
  readonly fragmented: boolean;
  /** Undefined when `text` says all there is to say. */
  readonly payload: PacketWindow | undefined;
  /** What the payload's checksum is compared with; undefined where it is not to be looked at. */
  readonly checked: PseudoHeader | undefined;
  /** Adds what tcpdump -v does. */
  readonly verbose: boolean;
}

/** Makes the layer of a packet about which `text` says all. */
export function finishedLayer(version: 4 | 6, text: string): IpLayer {
  return {
    version,
    text,
    addressesShown: true,
    source: '',
    destination: '',
    protocol: 0,
    fragmented: false,
    payload: undefined,
    checked: undefined,
    verbose: false,
  };
}

/** Writes who sends to whom: `10.0.0.1.80 > 10.0.0.2.1024: `, or only the ports when the addresses stand before. */
export function formatEndpoints(layer: IpLayer, sourcePort: number, destinationPort: number): string {
  if (layer.addressesShown) return `${sourcePort} > ${destinationPort}: `;
  return `${layer.source}.${sourcePort} > ${layer.destination}.${destinationPort}: `;
}

/** Writes the addresses for a transport header that is cut before its ports. */
export function formatHosts(layer: IpLayer): string {
  return layer.addressesShown ? '' : `${layer.source} > ${layer.destination}: `;
}
