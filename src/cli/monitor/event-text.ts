import type { Lease, NamedProcess } from '../../tap/lease/holder-reply.js';
import { describeQueues } from '../arguments/queue-selection.js';
import { formatFilter, formatSteering } from '../arguments/setting-text.js';
import { describeRestoration } from '../device/restoration-text.js';
import { formatDateTime } from '../output/date-time.js';
import { printableName } from '../output/escapes.js';
import type { DeviceState, StateValue } from './device-state.js';
import type { Destination, MonitorEvent, PresentState } from './monitor-event.js';

/** Formats an event as a line: `[2026-11-23T10:15:00.123+01:00] io0: mtu 1500 -> 9000`. */
export function eventLine(event: MonitorEvent, time: Date): string {
  const { ifname } = event;
  return `[${formatDateTime(time)}] ${ifname === undefined ? '' : `${printableName(ifname)}: `}${describe(event)}`;
}

function describe(event: MonitorEvent): string {
  const { event: name, old, new: now } = event;
  if (isObject(now)) {
    if ('by' in now || 'mac' in now) return describeSetting(name, old, now);
    if ('netnsid' in now) return describeMove(now);
    if ('borrower' in now) return describeRestoration(now);
    return 'pid' in now ? describeProcess(name, now) : describeState(event, now);
  }
  if (isObject(old)) {
    return 'by' in old || 'mac' in old ? describeSetting(name, old, now) : describeProcess(name, old, true);
  }
  switch (name) {
    case 'overrun':
      return 'events were lost: the changes since then follow';
    case 'renamed':
      return `renamed from ${printableName(String(old))}`;
    case 'queues':
      return `queues attached ${old} -> ${now}`;
    case 'disabled':
      return `queues disabled ${old} -> ${now}`;
    case 'steer':
    case 'filter':
      return describeSetting(name, old, now);
    case 'missed':
      return `missed ${Number(now) - Number(old)}, ${now} in all`;
    default:
      return describeChange(name, old, now);
  }
}

function isObject<Value>(value: Value): value is Value & object {
  return typeof value === 'object' && value !== null;
}

/** Formats `held by …` or `queues 0-3 read by …`, or that it is `no longer` so. */
function describeProcess(name: string, process: NamedProcess | Lease, isOver = false): string {
  const named = `${process.command} (pid ${process.pid})`;
  const over = isOver ? 'no longer ' : '';
  if ('queues' in process) return `${describeQueues(process.queues)} ${over}read by ${named}`;
  return `${over}${name === 'holder' ? 'held' : name} by ${named}`;
}

function describeChange(name: string, old: StateValue | undefined, now: StateValue | undefined): string {
  if (now === undefined) return name;
  return typeof now === 'boolean' ? `${name} ${onOff(now)}` : `${name} ${old} -> ${now}`;
}

function describeSetting(name: string, old: MonitorEvent['old'], now: MonitorEvent['new']): string {
  return `${name} ${settingText(old)} -> ${settingText(now)}`;
}

function settingText(value: MonitorEvent['old'] | MonitorEvent['new']): string {
  if (isObject(value))
    return 'by' in value ? formatSteering(value) : 'mac' in value ? formatFilter(value) : '';
  return value === 'unknown' ? value : 'off';
}

function describeMove({ netnsid, ifindex }: Destination): string {
  return `moved to the network namespace with id ${netnsid}, index ${ifindex} there`;
}

function describeState(
  { event, ifindex }: MonitorEvent,
  state: Readonly<DeviceState> | PresentState,
): string {
  const parts = [
    event,
    `index ${ifindex}`,
    state.up ? 'up' : 'down',
    `carrier ${onOff(state.carrier)}`,
    `mtu ${state.mtu}`,
    `address ${state.address}`,
  ];
  if (state.numqueues !== null) parts.push(`queues attached ${state.numqueues}`, `missed ${state.missed}`);
  if ('holder' in state) parts.push(...describeHolder(state), ...describeSettings(state));
  return parts.join(', ');
}

function describeHolder({ holder, leases }: PresentState): string[] {
  const reads = (leases ?? []).map((lease) => describeProcess('lease', lease));
  return holder === null ? reads : [describeProcess('holder', holder), ...reads];
}

function describeSettings({ steer = null, filter = null }: PresentState): string[] {
  const steering = steer === null ? [] : [`steer ${formatSteering(steer)}`];
  return filter === null ? steering : [...steering, `filter ${formatFilter(filter)}`];
}

function onOff(value: boolean): string {
  return value ? 'on' : 'off';
}
