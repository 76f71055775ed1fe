import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import type { IpNetwork } from '../../netlink/address.js';
import type { Link } from '../../netlink/link.js';
import { Links } from '../../netlink/links.js';
import { type NewRoute, Routes } from '../../netlink/routes.js';
import { parseIpAddress } from '../../packet/headers/ip-address.js';
import { addAddresses, CreatedDevice, describeKind } from '../../tap/device/device-creation.js';
import { identifyPresentNamespace, withinNamedNamespace } from '../../tap/link/network-namespace.js';
import { readIpNetwork } from '../arguments/device-arguments.js';
import { AttachmentRecords } from './attachment-record.js';
import { removeAttachment, removeDevice } from './attachment-removal.js';
import { CniError, INTERFACE_EXISTS, INVALID_CONFIGURATION, REFUSED } from './cni-error.js';
import type { DeviceSettings } from './device-settings.js';
import type { Invocation } from './invocation.js';
import type { IpamPlugin } from './ipam-plugin.js';
import { type NetworkConfiguration, previousResultOf } from './network-configuration.js';
import { joinResults, type NetworkResult, NO_RESULT, type ResultRoute } from './network-result.js';

/** What ADD works with. */
export interface Addition {
  readonly invocation: Invocation;
  readonly configuration: NetworkConfiguration;
  readonly settings: DeviceSettings;
  readonly ipam: IpamPlugin | undefined;
}

/**
 * Makes the device in the container, gives it its addresses and routes, and starts its holder. Returns the result. If a step fails,
 * nothing is left.
 *
 * The record is there before the first thing that outlives this process, and knows the device's index before the device outlives it:
 * so DEL finds all that is there, wherever this process is killed.
 */
export function addAttachment(addition: Addition): object {
  const { invocation, configuration, settings, ipam } = addition;
  const { netns, ifname } = invocation;
  ipam?.assertPresent();
  const previous = previousResultOf(configuration) ?? NO_RESULT;
  const namespace = withinNamedNamespace(netns, () => {
    assertFree(ifname);
    return identifyPresentNamespace();
  });
  const records = new AttachmentRecords(configuration.name);
  const earlier = records.find(invocation);
  // A runtime calls DEL between. If one does not, the device of another namespace, and its holder, would be forgotten here.
  if (earlier !== undefined) removeDevice(earlier);
  const { containerId } = invocation;
  records.store({ containerId, ifname, netns, namespace });
  try {
    const made = makeDevice(addition, (ifindex) =>
      records.store({ containerId, ifname, netns, namespace, ifindex }),
    );
    if (settings.hold) startHolder(invocation);
    const { name, address: mac, mtu } = made.link;
    const link = { name, mac, mtu, sandbox: netns };
    return joinResults(
      previous,
      { link, addresses: made.addresses, dns: settings.dns },
      configuration.cniVersion,
    );
  } catch (error) {
    // The runtime gets the first error. What this cannot remove stays in the record.
    removeAttachment({ attachment: invocation, netns, records, ipam });
    throw error;
  }
}

function assertFree(ifname: string): void {
  using links = Links.open();
  const link = links.byName(ifname);
  if (link === undefined) return;
  throw new CniError(
    INTERFACE_EXISTS,
    `cannot create "${ifname}": it exists already as ${describeKind(link)}`,
  );
}

interface MadeDevice {
  readonly link: Link;
  readonly addresses: NetworkResult;
}

/** The device goes with this process until `announce` has run with its index. The plugin for addresses may look at the device. */
function makeDevice(
  { invocation: { netns, ifname }, settings, ipam }: Addition,
  announce: (ifindex: number) => void,
): MadeDevice {
  const device = withinNamedNamespace(netns, () => CreatedDevice.create(ifname, settings.creation));
  try {
    if (!device.stateKept)
      throw new CniError(REFUSED, `cannot create "${ifname}": this user can write no runtime directory`);
    const addresses = ipam?.add() ?? NO_RESULT;
    const link = withinNamedNamespace(netns, () => configure(device, settings, addresses));
    announce(device.ifindex);
    device.makePersistent();
    return { link, addresses };
  } finally {
    withinNamedNamespace(netns, () => device[Symbol.dispose]());
  }
}

/** Returns the link as it is then. */
function configure(
  { name, ifindex }: CreatedDevice,
  { bridge }: DeviceSettings,
  { ips, routes }: NetworkResult,
): Link {
  using links = Links.open();
  const link = links.byIndex(ifindex);
  if (link === undefined)
    throw new CniError(REFUSED, `cannot create "${name}": another process removed it at once`);
  if (bridge !== undefined) links.change(ifindex, { master: findBridge(links, bridge).index });
  if (ips.some(({ address }) => address.includes(':'))) allowIpv6(name);
  addAddresses(link, { addresses: ips.map(({ address }) => readIpNetwork(address)) });
  addRoutes(
    link,
    routes,
    ips.flatMap(({ gateway }) => gateway ?? []),
  );
  return links.byIndex(ifindex) ?? link;
}

/** Returns the link of the bridge `name`. Throws a CniError if there is none. */
export function findBridge(links: Links, name: string): Link {
  const link = links.byName(name);
  if (link?.kind === 'bridge') return link;
  const what =
    link === undefined ? 'there is no such interface in the container' : `it is ${describeKind(link)}`;
  throw new CniError(INVALID_CONFIGURATION, `cannot use bridge "${name}": ${what}`);
}

/** Container engines switch IPv6 off in new namespaces. If /proc/sys is read-only, the kernel may refuse the address. */
function allowIpv6(name: string): void {
  try {
    writeFileSync(`/proc/sys/net/ipv6/conf/${name}/disable_ipv6`, '0');
  } catch (error) {
    if (!(error instanceof Error && 'code' in error)) throw error;
  }
}

/** A route that is there already stays: another network may have the default route. */
function addRoutes(link: Link, routes: readonly ResultRoute[], gateways: readonly string[]): void {
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

/** A route without a next hop has the first gateway of its family. */
function readRoute({ dst, gw, ...rest }: ResultRoute, gateways: readonly string[]): NewRoute {
  const isIpv6 = dst.includes(':');
  const hop = gw ?? gateways.find((gateway) => gateway.includes(':') === isIpv6);
  return {
    ...rest,
    destination: readDestination(dst),
    gateway: hop === undefined ? undefined : parseIpAddress(hop),
  };
}

/** Reads `192.0.2.0/24`, also with bits behind the prefix, which the kernel does not take. */
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

/** Starts `rtap hold` for the device in the container, and returns when it is ready. It stays in the background until DEL. */
function startHolder({ netns, ifname }: Invocation): void {
  const words = ['hold', '--netns', netns, '--detach', '--', ifname];
  const environment = Object.entries(process.env).filter(([name]) => !name.startsWith('CNI_'));
  const { error, status, stderr } = spawnSync(
    process.execPath,
    [...process.execArgv, process.argv[1] ?? '', ...words],
    { env: Object.fromEntries(environment), stdio: ['ignore', 'ignore', 'pipe'], encoding: 'utf8' },
  );
  if (error !== undefined) throw error;
  if (status === 0) return;
  const [line = '', hint] = stderr.trim().split('\n');
  throw new CniError(REFUSED, line.replace(/^rtap: /, ''), hint?.replace(/^hint: /, ''));
}
