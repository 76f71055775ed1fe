/** What a monitor's lines say about a device, after the last of them. */
export interface MonitoredDevice {
  readonly ifname: string;
  readonly up: boolean;
  readonly mtu: number;
  readonly missed: number;
  /** Its pid. */
  readonly holder: number | null;
}

/** As an event prints it; `created` names no holder. */
interface PresentDevice extends Omit<MonitoredDevice, 'holder'> {
  readonly holder?: { readonly pid: number } | null;
}

interface MonitorLine {
  readonly event: string;
  readonly ifindex?: number;
  readonly ifname?: string;
  readonly new?: unknown;
}

/** Properties that are changed by events with other names. */
const CHANGES: Readonly<Record<string, keyof MonitoredDevice>> = { mtu: 'mtu', missed: 'missed' };

/** Adds up a monitor's output from the beginning. Returns the devices that it knows, by index. */
export function monitoredDevices(lines: string): ReadonlyMap<number, MonitoredDevice> {
  const devices = new Map<number, MonitoredDevice>();
  for (const text of lines.split('\n').slice(0, -1)) take(devices, JSON.parse(text) as MonitorLine);
  return devices;
}

function take(devices: Map<number, MonitoredDevice>, line: MonitorLine): void {
  const { event, ifindex = 0, ifname = '' } = line;
  if (event === 'created' || event === 'present') {
    const { up, mtu, missed, holder } = line.new as PresentDevice;
    devices.set(ifindex, { ifname, up, mtu, missed, holder: holder?.pid ?? null });
  } else if (event === 'deleted' || event === 'moved') devices.delete(ifindex);
  const known = devices.get(ifindex);
  if (known !== undefined) devices.set(ifindex, { ...known, ifname, ...changeOf(line) });
}

function changeOf({ event, new: now }: MonitorLine): Partial<MonitoredDevice> {
  if (event === 'up' || event === 'down') return { up: event === 'up' };
  if (event === 'holder') return { holder: (now as { pid: number } | null)?.pid ?? null };
  const property = CHANGES[event];
  return property === undefined ? {} : { [property]: now };
}
