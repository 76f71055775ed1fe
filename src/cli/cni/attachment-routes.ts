import type { IpNetwork } from '../../netlink/address.js';
import type { Link } from '../../netlink/link.js';
import { type NewRoute, Routes } from '../../netlink/routes.js';
import { parseIpAddress } from '../../packet/headers/ip-address.js';
import { CniError, INVALID_CONFIGURATION } from './cni-error.js';
import type { ResultRoute } from './network-result.js';

/**
 * Adds `routes` over `link`. A route without a next hop has the first of `gateways` of its family. A route that exists stays: another
 * network may have the default route.
 */
export function addRoutes(link: Link, routes: readonly ResultRoute[], gateways: readonly string[]): void {
  using connection = Routes.open();
  for (const route of routes) {
    const purpose = { action: `add route ${route.dst} to`, object: link.name };
    try {
      connection.add(link.index, readRoute(route, gateways), purpose);
    } catch (error) {
      if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error;
    }
  }
}

function readRoute({ dst, gw, ...rest }: ResultRoute, gateways: readonly string[]): NewRoute {
  const isIpv6 = dst.includes(':');
  const hop = gw ?? gateways.find((gateway) => gateway.includes(':') === isIpv6);
  return {
    ...rest,
    destination: readDestination(dst),
    gateway: hop === undefined ? undefined : parseIpAddress(hop),
  };
}

/** Reads `192.0.2.0/24`. Clears the bits after the prefix: the kernel refuses a route that has some. */
export function readDestination(text: string): IpNetwork {
  const [address = '', length = ''] = text.split('/');
  const bytes = parseIpAddress(address);
  const prefixLength = /^\d+$/.test(length) ? Number(length) : 8 * bytes.length;
  if (prefixLength > 8 * bytes.length)
    throw new CniError(INVALID_CONFIGURATION, `cannot use route "${text}": its prefix is too long`);
  return { bytes: bytes.map((byte, index) => byte & byteMask(prefixLength - 8 * index)), prefixLength };
}

/** The mask of a byte that has the first `bits` bits of the prefix. */
function byteMask(bits: number): number {
  return bits >= 8 ? 0xff : bits <= 0 ? 0 : (0xff << (8 - bits)) & 0xff;
}
