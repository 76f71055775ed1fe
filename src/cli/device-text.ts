import type { ChalkInstance } from 'chalk';
import { groupName, userName } from '../sys/accounts.js';
import type { DeviceSummary, DeviceView } from '../tap/device-view.js';
import { describeQueues, formatQueues } from './queue-selection.js';
import { formatTable } from './table.js';

/** `rtap list`: a line a device. */
export function describeDevices(devices: readonly DeviceSummary[], style: ChalkInstance): string {
  const head = ['DEVICE', 'INDEX', 'STATE', 'MTU', 'ADDRESS', 'QUEUES', 'ATTACHED', 'PERSIST'].map((word) =>
    style.bold(word),
  );
  const rows = devices.map((device) => {
    const { link } = device;
    return [
      link.name,
      String(link.index),
      colourState(state(device), style),
      String(link.mtu),
      link.address,
      queueCount(device),
      String(link.tun?.queues ?? 0),
      link.tun?.persist === true ? 'yes' : 'no',
    ];
  });
  return formatTable([head, ...rows]);
}

/** `rtap show`: a line a fact. */
export function describeDevice(view: DeviceView, style: ChalkInstance): string {
  const { link } = view;
  const facts: [string, string][] = [
    ['device', `${style.bold(link.name)} (index ${link.index})`],
    [
      'state',
      `${colourState(state(view), style)}, carrier ${link.carrier ? 'on' : 'off'}, operstate ${link.operstate}`,
    ],
    ['flags', link.flagNames.join(' ')],
    ['address', link.address],
    ['mtu', `${link.mtu} bytes`],
    ['txqueuelen', `${link.txqueuelen} frames a queue`],
    ['queues', describeQueueUse(view)],
    ['persist', link.tun?.persist === true ? 'on' : 'off'],
    ['owner', account(link.tun?.owner, userName)],
    ['group', account(link.tun?.group, groupName)],
    ['vnet header', link.tun?.vnetHeader === true ? 'on' : 'off'],
    ['offloads', view.offloads.length === 0 ? 'none' : view.offloads.join(', ')],
    ['held by', describeHolders(view)],
  ];
  for (const { queues, pid, command } of view.leases)
    facts.push(['lent', `${describeQueues(queues)} to ${command} (pid ${pid})`]);
  if (view.unreadQueues.length > 0) {
    facts.push([
      'unread',
      style.yellow(`${formatQueues(view.unreadQueues)}: frames wait there, then are missed`),
    ]);
  }
  return formatTable(facts);
}

/** `up` and `down` are what the user set; the carrier is the kernel's. */
function state({ link }: DeviceSummary): string {
  return link.flagNames.includes('UP') ? 'up' : 'down';
}

function colourState(word: string, style: ChalkInstance): string {
  return word === 'up' ? style.green(word) : style.yellow(word);
}

function queueCount(device: DeviceSummary): string {
  if (device.link.tun?.multiQueue === false) return 'single';
  return device.queueCount === undefined ? '?' : String(device.queueCount);
}

function describeQueueUse(view: DeviceView): string {
  const { tun } = view.link;
  if (tun?.multiQueue === false) return 'single-queue device';
  const made = view.queueCount === undefined ? 'not made by rtap' : `made with ${view.queueCount}`;
  const disabled = (tun?.disabledQueues ?? 0) === 0 ? '' : `, ${tun?.disabledQueues} send-only`;
  return `${made}, ${tun?.queues ?? 0} attached${disabled}`;
}

function account(id: number | undefined, nameOf: (id: number) => string | undefined): string {
  if (id === undefined) return 'any';
  const name = nameOf(id);
  return name === undefined ? String(id) : `${name} (${id})`;
}

function describeHolders(view: DeviceView): string {
  if (view.lender !== undefined) return `${view.lender.command} (pid ${view.lender.pid})`;
  if (view.holders.length > 0)
    return view.holders.map(({ pid, command }) => `${command} (pid ${pid})`).join(', ');
  return (view.link.tun?.queues ?? 0) === 0 ? 'nobody' : 'a process that this user may not see';
}
