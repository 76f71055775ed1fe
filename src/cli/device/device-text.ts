import { formatIpNetwork } from '../../packet/headers/ip-address.js';
import { groupName, userName } from '../../sys/accounts.js';
import type { DeviceOutline, DeviceView } from '../../tap/device/device-view.js';
import type { NamedProcess } from '../../tap/lease/holder-reply.js';
import { describeQueues, formatQueues } from '../arguments/queue-selection.js';
import { filterJson, formatFilter, formatSteering, steeringJson } from '../arguments/setting-text.js';
import { formatAge } from '../output/age-text.js';
import { printableName, printableText } from '../output/escapes.js';
import type { Style } from '../output/style.js';
import { formatTable } from '../output/table.js';

const LIST_HEAD = [
  ...[
    'DEVICE',
    'INDEX',
    'STATE',
    'MTU',
    'ADDRESS',
    'QUEUES',
    'ATTACHED',
    'PERSIST',
    'MASTER',
    'AGE',
    'HOLDER',
  ],
];
/** Columns that a list has if a device has such a name. */
const ALIAS_HEAD = 'ALIAS';
const ALTNAMES_HEAD = 'ALTNAMES';

/** Formats devices for `rtap list`: one line each. */
export function describeDevices(devices: readonly DeviceOutline[], style: Style): string {
  const aliased = devices.some(({ link }) => link.alias !== undefined);
  const renamed = devices.some(({ link }) => link.altNames.length > 0);
  const words = [...LIST_HEAD, ...(aliased ? [ALIAS_HEAD] : []), ...(renamed ? [ALTNAMES_HEAD] : [])];
  const head = words.map((word) => style.bold(word));
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
      device.master === undefined ? '-' : printableName(device.master),
      device.ageSeconds === undefined ? '?' : formatAge(device.ageSeconds),
      holderCell(device),
      ...(aliased ? [printableText(link.alias ?? '-')] : []),
      ...(renamed ? [link.altNames.map(printableName).join(',') || '-'] : []),
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
    // The record of the device has it: the kernel does not say it.
    ['age', view.ageSeconds === undefined ? 'unknown' : formatAge(view.ageSeconds)],
    ['address', link.address],
    ['mtu', `${link.mtu} bytes`],
    ['txqueuelen', `${link.txqueuelen} frames a queue`],
    ['queues', describeQueueUse(view)],
    ['persist', link.tun?.persist === true ? 'on' : 'off'],
    ['owner', account(link.tun?.owner, userName)],
    ['group', account(link.tun?.group, groupName)],
    ['vnet header', link.tun?.vnetHeader === true ? 'on' : 'off'],
    ['napi', view.napi === undefined ? 'unknown' : view.napi ? 'on' : 'off'],
    ['offloads', view.offloads.length === 0 ? 'none' : view.offloads.join(',')],
    ['steer', formatSteering(steeringJson(view.steering))],
    ['filter', formatFilter(filterJson(view.filter))],
    ['held by', describeHolder(view, style)],
  ];
  rows.push(...nameRows(view));
  const attached = describeAttached(view);
  if (attached !== '') rows.push(['attached', attached]);
  for (const { queues, ...reader } of view.leases ?? [])
    rows.push(['lent', `${describeQueues(queues)} to ${processName(reader)}`]);
  const { unreadQueues = [], disabledQueues = [], kernelIndexes = [] } = view;
  if (disabledQueues.length > 0)
    rows.push([
      'disabled',
      style.yellow(`${formatQueues(disabledQueues)}: detached by a borrower; no frames arrive there`),
    ]);
  const moved = describeMoved(kernelIndexes);
  if (moved !== '') rows.push(['kernel', moved]);
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

/** What an administrator gave to the device beside its settings; no row for what it has not. */
function nameRows({ link, master, addresses }: DeviceView): [string, string][] {
  const rows: [string, string | undefined][] = [
    ['alias', link.alias === undefined ? undefined : printableText(link.alias)],
    ['altnames', link.altNames.map(printableName).join(', ')],
    ['master', master === undefined ? undefined : printableName(master)],
    ['addresses', addresses.map(formatIpNetwork).join(', ')],
  ];
  return rows.filter((row): row is [string, string] => (row[1] ?? '') !== '');
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

/** Names the queues that have another number in the kernel: `queue 0 is 2, queue 2 is 0`. */
function describeMoved(kernelIndexes: readonly (number | undefined)[]): string {
  const moved = [...kernelIndexes.entries()].filter(
    ([queue, index]) => index !== undefined && index !== queue,
  );
  return moved.map(([queue, index]) => `queue ${queue} is ${index}`).join(', ');
}

function account(id: number | undefined, nameOf: (id: number) => string | undefined): string {
  if (id === undefined) return 'any';
  const name = nameOf(id);
  return name === undefined ? String(id) : `${name} (${id})`;
}

function holderCell({ holder, unreadableFolder }: DeviceOutline): string {
  if (holder !== undefined) return processName(holder.process);
  return unreadableFolder === undefined ? '-' : '?';
}

function describeHolder({ holder, unreadableFolder }: DeviceView, style: Style): string {
  if (unreadableFolder !== undefined) return style.yellow(`unknown: cannot read ${unreadableFolder}`);
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
