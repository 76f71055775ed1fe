import type { LinkAddress } from '../../netlink/address.js';
import { formatIpAddress } from '../../packet/headers/ip-address.js';
import type { DeviceOutline, DeviceView } from '../../tap/device/device-view.js';
import type { NamedProcess } from '../../tap/lease/holder-reply.js';
import { filterJson, steeringJson } from '../arguments/setting-text.js';

/** A device as `list --json` prints it. Names are those of `ip -j link` if ip knows the property. */
export function deviceJson({
  link,
  queueCount,
  holder,
  unreadableFolder,
  master,
  ageSeconds,
}: DeviceOutline) {
  return {
    ifname: link.name,
    ifindex: link.index,
    flags: link.flagNames,
    mtu: link.mtu,
    operstate: link.operstate,
    master: master ?? null,
    address: link.address,
    ifalias: link.alias ?? null,
    altnames: link.altNames,
    queues: queueCount ?? null,
    numqueues: link.tun?.queues ?? 0,
    persist: link.tun?.persist ?? false,
    age: ageSeconds === undefined ? null : Math.floor(ageSeconds),
    holder: holder === undefined ? null : named(holder.process),
    // Only if it is not known whether there is a holder.
    ...(unreadableFolder === undefined ? {} : { unreadable: unreadableFolder }),
  };
}

/** A device as `show --json` prints it. */
export function deviceViewJson(view: DeviceView) {
  const { link } = view;
  return {
    ...deviceJson(view),
    txqlen: link.txqueuelen,
    carrier: link.carrier,
    promisc: link.flagNames.includes('PROMISC'),
    allmulti: link.flagNames.includes('ALLMULTI'),
    multi_queue: link.tun?.multiQueue ?? false,
    vnet_hdr: link.tun?.vnetHeader ?? false,
    napi: view.napi ?? null,
    pi: link.tun?.packetInformation ?? false,
    user: link.tun?.owner ?? null,
    group: link.tun?.group ?? null,
    numdisabled: link.tun?.disabledQueues ?? 0,
    offloads: view.offloads,
    steer: steeringJson(view.steering),
    filter: filterJson(view.filter),
    attached: view.attached.map(named),
    unread: view.unreadQueues ?? null,
    leases: view.leases ?? null,
    disabled: view.disabledQueues ?? null,
    kernel_queues: view.kernelIndexes?.map((index) => index ?? null) ?? null,
    addr_info: view.addresses.map(addressJson),
  };
}

/** An address as `ip -j address` prints it. */
function addressJson(address: LinkAddress) {
  const { family, bytes, peer, prefixLength, broadcast, scope, flagNames, label } = address;
  return {
    family,
    local: formatIpAddress(bytes),
    ...(peer === undefined ? {} : { address: formatIpAddress(peer) }),
    prefixlen: prefixLength,
    ...(broadcast === undefined ? {} : { broadcast: formatIpAddress(broadcast) }),
    scope,
    ...Object.fromEntries(flagNames.map((name) => [name, true])),
    ...(label === undefined ? {} : { label }),
    valid_life_time: address.validSeconds,
    preferred_life_time: address.preferredSeconds,
  };
}

function named({ pid, command }: NamedProcess): NamedProcess {
  return { pid, command };
}
