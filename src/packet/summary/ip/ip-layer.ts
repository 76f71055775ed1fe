import type { PacketWindow } from '../../bytes/packet-window.js';
import type { PseudoHeader } from './header-checksum.js';

/** The contents of an IP header that the summary of its payload needs. */
export interface IpLayer {
  readonly version: 4 | 6;
  /** Printed before the payload: remarks, extension headers, and the addresses if `addressesShown`. */
  readonly text: string;
  /** False if the payload's summary prints the addresses, together with the ports. */
  readonly addressesShown: boolean;
  readonly source: string;
  readonly destination: string;
  /** IPPROTO_ of the payload. */
  readonly protocol: number;
  /** Whether the payload is the first of several fragments. */
  readonly fragmented: boolean;
  /** Undefined if `text` is the whole summary. */
  readonly payload: PacketWindow | undefined;
  /** For checking the payload's checksum; undefined if it is not to be checked. */
  readonly checked: PseudoHeader | undefined;
  /** Adds what tcpdump -v does. */
  readonly verbose: boolean;
}

/** The layer of a packet whose whole summary is `text`. */
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

/** Source and destination: `10.0.0.1.80 > 10.0.0.2.1024: `, or only the ports if the addresses are printed already. */
export function formatEndpoints(layer: IpLayer, sourcePort: number, destinationPort: number): string {
  if (layer.addressesShown) return `${sourcePort} > ${destinationPort}: `;
  return `${layer.source}.${sourcePort} > ${layer.destination}.${destinationPort}: `;
}

/** The addresses, for a transport header that is cut before its ports. */
export function formatHosts(layer: IpLayer): string {
  return layer.addressesShown ? '' : `${layer.source} > ${layer.destination}: `;
}
