import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import type { Link } from '../../netlink/link.js';
import { Links } from '../../netlink/links.js';
import { addAddresses, CreatedDevice, describeKind } from '../../tap/device/device-creation.js';
import { identifyPresentNamespace, withinNamedNamespace } from '../../tap/link/network-namespace.js';
import { readIpNetwork } from '../arguments/device-arguments.js';
import { type AttachmentRecord, AttachmentRecords } from './attachment-record.js';
import { collectErrors, refusesVersion, removeAttachment, removeDevice } from './attachment-removal.js';
import { addRoutes } from './attachment-routes.js';
import { CniError, INTERFACE_EXISTS, REFUSED } from './cni-error.js';
import { findBridge } from './container-bridge.js';
import type { DeviceSettings } from './device-settings.js';
import type { Invocation } from './invocation.js';
import type { IpamPlugin } from './ipam-plugin.js';
import { type NetworkConfiguration, previousResultOf } from './network-configuration.js';
import { joinResults, type NetworkResult, NO_RESULT } from './network-result.js';

/** What ADD works with. */
export interface Addition {
  readonly invocation: Invocation;
  readonly configuration: NetworkConfiguration;
  readonly settings: DeviceSettings;
  readonly ipam: IpamPlugin | undefined;
}

/**
 * Makes the device in the container, gives it addresses and routes, and starts its holder. Returns the result of ADD. If a step fails,
 * it removes what it made.
 *
 * Stores the record first, and the device's index before the device becomes persistent. So DEL finds everything, whenever this
 * process is killed.
 */
export function addAttachment(addition: Addition): object {
  const { invocation, configuration, settings, ipam } = addition;
  const { netns, ifname } = invocation;
  ipam?.assertPresent();
  const previous = previousResultOf(configuration) ?? NO_RESULT;
  const records = new AttachmentRecords(configuration.name);
  const earlier = records.find(invocation);
  const namespace = withinNamedNamespace(netns, () => {
    assertFree(ifname, earlier);
    return identifyPresentNamespace();
  });
  // The runtime should have called DEL before. The new record replaces this one, and its device and holder would stay for ever.
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
    // The runtime gets the first error. What cannot be removed stays in the record.
    const isUnreserved = earlier === undefined && refusesVersion(error);
    collectErrors(() =>
      removeAttachment({ attachment: invocation, netns, records, ipam: isUnreserved ? undefined : ipam }),
    );
    throw error;
  }
}

/** @param earlier the record of the attachment, if there is one */
function assertFree(ifname: string, earlier: AttachmentRecord | undefined): void {
  using links = Links.open();
  const link = links.byName(ifname);
  if (link === undefined) return;
  if (link.index === earlier?.ifindex && earlier.namespace.cookie === identifyPresentNamespace().cookie)
    throw new CniError(
      INTERFACE_EXISTS,
      `cannot create "${ifname}": this attachment is there already`,
      'run DEL before another ADD',
    );
  throw new CniError(
    INTERFACE_EXISTS,
    `cannot create "${ifname}": it exists already as ${describeKind(link)}`,
  );
}

interface MadeDevice {
  readonly link: Link;
  readonly addresses: NetworkResult;
}

/**
 * Until `announce` has returned, the kernel removes the device when this process ends. The device exists when the IPAM plugin runs.
 */
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
    try {
      withinNamedNamespace(netns, () => device[Symbol.dispose]());
    } finally {
      // If the namespace cannot be entered, its folder stays for DEL, but the queues are closed.
      device.abandon();
    }
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

/** Container engines switch IPv6 off in new namespaces. If /proc/sys is read-only, the kernel may refuse the address. */
function allowIpv6(name: string): void {
  try {
    writeFileSync(`/proc/sys/net/ipv6/conf/${name}/disable_ipv6`, '0');
  } catch (error) {
    if (!(error instanceof Error && 'code' in error)) throw error;
  }
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
