import { groupName, userName } from '../../sys/accounts.js';
import type { DeviceOutline, DeviceView } from '../../tap/device/device-view.js';
import type { NamedProcess } from '../../tap/lease/holder-reply.js';
import { describeQueues, formatQueues } from '../arguments/queue-selection.js';
import { filterJson, formatFilter, formatSteering, steeringJson } from '../arguments/setting-text.js';
import { printableName } from '../output/escapes.js';
import type { Style } from '../output/style.js';
import { formatTable } from '../output/table.js';

const LIST_HEAD = ['DEVICE', 'INDEX', 'STATE', 'MTU', 'ADDRESS', 'QUEUES', 'ATTACHED', 'PERSIST', 'HOLDER'];

/** Formats devices for `rtap list`: one line each. */
export function describeDevices(devices: readonly DeviceOutline[], style: Style): string {
  const head = LIST_HEAD.map((word) => style.bold(word));
  const rows = devices.map((device) => {
    const { link } = device;
    return [
      printableName(link.name),
      String(link.index),
      colourState(state(device), style),
      String(link.mtu),
      link.address,
      queueCount(device),
      String(link.tun?.queues ?? 0),
      link.tun?.persist === true ? 'yes' : 'no',
      device.holder === undefined ? '-' : processName(device.holder.process),
    ];
  });
  return formatTable([head, ...rows]);
}

/** Formats a device for `rtap show`: one property a line. */
export function describeDevice(view: DeviceView, style: Style): string {
  const { link } = view;
  const rows: [string, string][] = [
    ['device', `${style.bold(printableName(link.name))} (index ${link.index})`],
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
    ['napi', view.napi === undefined ? 'unknown' : view.napi ? 'on' : 'off'],
    ['offloads', view.offloads.length === 0 ? 'none' : view.offloads.join(', ')],
    ['steer', formatSteering(steeringJson(view.steering))],
    ['filter', formatFilter(filterJson(view.filter))],
    ['held by', describeHolder(view, style)],
  ];
  const attached = describeAttached(view);
  if (attached !== '') rows.push(['attached', attached]);
  for (const { queues, ...reader } of view.leases ?? [])
    rows.push(['lent', `${describeQueues(queues)} to ${processName(reader)}`]);
  const { unreadQueues = [] } = view;
  if (unreadQueues.length > 0) {
    rows.push([
      'unread',
      style.yellow(
        `${formatQueues(unreadQueues)}: frames wait there; the kernel drops frames when the queue is full`,
      ),
    ]);
  }
  return formatTable(rows);
}

/** Returns what the user has set; the carrier is what the kernel says. */
function state({ link }: DeviceOutline): string {
  return link.flagNames.includes('UP') ? 'up' : 'down';
}

function colourState(word: string, style: Style): string {
  return word === 'up' ? style.green(word) : style.yellow(word);
}

function queueCount(device: DeviceOutline): string {
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

function describeHolder({ holder }: DeviceView, style: Style): string {
  if (holder === undefined) return 'no process';
  const name = processName(holder.process);
  if (holder.greeting !== undefined) return name;
  const problem = holder.stopped ? 'is stopped' : 'does not answer';
  return `${name}, ${style.yellow(`which ${problem}: rtap does not know which process reads which queue`)}`;
}

/** Names the attached processes that neither hold the device nor have a lease. */
function describeAttached({ attached, holder, link }: DeviceView): string {
  if (attached.length > 0) return attached.map(processName).join(', ');
  const isHidden = holder === undefined && (link.tun?.queues ?? 0) > 0;
  return isHidden ? 'a process that this user cannot see' : '';
}

function processName({ command, pid }: NamedProcess): string {
  return `${command} (pid ${pid})`;
}
