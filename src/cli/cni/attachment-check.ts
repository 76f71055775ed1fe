import { Addresses } from '../../netlink/addresses.js';
import type { Link } from '../../netlink/link.js';
import { IFF_UP } from '../../netlink/link-flags.js';
import { Links } from '../../netlink/links.js';
import { Routes } from '../../netlink/routes.js';
import { formatIpAddress, formatIpNetwork, parseIpAddress } from '../../packet/headers/ip-address.js';
import { findHolder } from '../../tap/lease/holder-lookup.js';
import { identifyPresentNamespace, withinNamedNamespace } from '../../tap/link/network-namespace.js';
import { readDeviceRecord } from '../../tap/state/device-record.js';
import { readIpNetwork } from '../arguments/device-arguments.js';
import { type AttachmentRecord, AttachmentRecords } from './attachment-record.js';
import { readDestination } from './attachment-routes.js';
import { CniError, INVALID_CONFIGURATION, NOT_AS_ADDED } from './cni-error.js';
import { findBridge } from './container-bridge.js';
import type { DeviceSettings } from './device-settings.js';
import type { Invocation } from './invocation.js';
import { type NetworkConfiguration, previousResultOf } from './network-configuration.js';
import type { NetworkResult, ResultAddress, ResultRoute } from './network-result.js';

/** What CHECK compares: the configuration, and the result of ADD in it, with the container. */
export interface Check {
  readonly invocation: Invocation;
  readonly configuration: NetworkConfiguration;
  readonly settings: DeviceSettings;
}

/** Throws a CniError that names the first difference between what ADD made and what is there. */
export function checkAttachment({ invocation, configuration, settings }: Check): void {
  const result = previousResultOf(configuration);
  if (result === undefined)
    throw new CniError(INVALID_CONFIGURATION, 'cannot run "CHECK": the configuration has no "prevResult"');
  const { netns, ifname } = invocation;
  const record = new AttachmentRecords(configuration.name).find(invocation);
  withinNamedNamespace(netns, () => {
    using links = Links.open();
    const link = links.byName(ifname);
    if (link === undefined) throw differs(ifname, 'there is no such interface in the container');
    checkLink(link, record);
    checkSettings(link, settings, links);
    const place = result.interfaces.findIndex(({ name, sandbox }) => name === ifname && sandbox === netns);
    if (place < 0) throw differs(ifname, '"prevResult" has no such interface in this container');
    checkInterface(link, result.interfaces[place]!);
    checkAddresses(
      link,
      result.ips.filter((entry) => entry.interface === place),
    );
    checkRoutes(ifname, result);
  });
}

function differs(ifname: string, what: string): CniError {
  return new CniError(NOT_AS_ADDED, `cannot confirm "${ifname}": ${what}`);
}

function checkLink({ name, index, flags, tun }: Link, record: AttachmentRecord | undefined): void {
  if (tun?.type !== 'tap' || !tun.multiQueue) throw differs(name, 'it is no multi-queue TAP');
  if (record === undefined) throw differs(name, 'rtap has no record of the attachment');
  const { cookie } = identifyPresentNamespace();
  if (record.ifindex !== index || record.namespace.cookie !== cookie)
    throw differs(name, 'it is not the device that was added');
  if ((flags & IFF_UP) === 0) throw differs(name, 'it is down');
}

function checkSettings(link: Link, { creation, bridge, hold }: DeviceSettings, links: Links): void {
  const { name, index, txqueuelen, tun } = link;
  const same = (what: string, present: unknown, wanted: unknown) => {
    if (wanted !== undefined && present !== wanted)
      throw differs(name, `its ${what} is ${present}, and ${wanted} was configured`);
  };
  same('number of queues', readDeviceRecord(index)?.queues, creation.queueCount);
  same('txqueuelen', txqueuelen, creation.txqueuelen);
  same('owner', tun?.owner, creation.owner);
  same('group', tun?.group, creation.group);
  if (bridge !== undefined && link.master !== findBridge(links, bridge).index)
    throw differs(name, `it is no port of bridge "${bridge}"`);
  if (hold && findHolder(link) === undefined) throw differs(name, 'it has no holder');
}

function checkInterface({ name, address, mtu }: Link, result: NetworkResult['interfaces'][number]): void {
  if (result.mac !== undefined && result.mac.toLowerCase() !== address)
    throw differs(name, `its MAC address is ${address}, and ${result.mac} was added`);
  if (result.mtu !== undefined && result.mtu !== mtu)
    throw differs(name, `its MTU is ${mtu}, and ${result.mtu} was added`);
}

function checkAddresses({ index, name }: Link, ips: readonly ResultAddress[]): void {
  using connection = Addresses.open();
  const present = connection.list(index, name).map(formatIpNetwork);
  const missing = ips.find(({ address }) => !present.includes(formatIpNetwork(readIpNetwork(address))));
  if (missing !== undefined) throw differs(name, `it has no address ${missing.address}`);
}

/** A route counts over any interface: the default route can belong to another network, and a later plugin can move routes. */
function checkRoutes(ifname: string, { routes }: NetworkResult): void {
  using connection = Routes.open();
  const present = connection.list().map(({ destination, gateway }) => ({
    dst: formatIpNetwork(destination),
    gateway: gateway === undefined ? undefined : formatIpAddress(gateway),
  }));
  const isThere = ({ dst, gw }: ResultRoute) => {
    const destination = formatIpNetwork(readDestination(dst));
    const hop = gw === undefined ? undefined : formatIpAddress(parseIpAddress(gw));
    const same = present.filter((route) => route.dst === destination);
    return same.some(({ gateway }) => hop === undefined || gateway === hop);
  };
  const missing = routes.find((route) => !isThere(route));
  if (missing !== undefined) throw differs(ifname, `there is no route ${missing.dst}`);
}
