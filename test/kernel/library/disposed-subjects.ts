import * as library from '../../../src/index.js';
import {
  CreatedDevice,
  DeviceAttachment,
  Forwarding,
  type FrameBurst,
  FrameWatch,
  LinkEvents,
  Links,
  QueueReadiness,
  ReceiveLoop,
  TapDevice,
} from '../../../src/index.js';

/** Makes objects of a class, disposes what owns them, and returns them. */
export type Subject = (name: string, peer: string) => object[] | Promise<object[]>;

const RECEIVER = { framesWanted: () => 1, onBurst: () => {}, onGone: () => {} };
const LINK_HANDLERS = { onLink: () => {}, onGone: () => {}, onOverrun: () => {} };

/** The subjects of each class that the library exports and that can be disposed. */
export const SUBJECTS: Readonly<Record<string, Subject>> = {
  TapDevice: closedDevice,
  TapQueue: (name) => closedDevice(name).flatMap((device) => device.queues),
  Bursts: (name) => ofClosedDevice(name, (device) => [device.bursts()]),
  QueueReadiness: (name) =>
    ofClosedDevice(name, (device) => [new QueueReadiness(device, device.queues[0]!, { onReady: () => {} })]),
  ReceiveLoop: (name) => ofClosedDevice(name, (device) => [new ReceiveLoop(device, device.queues, RECEIVER)]),
  FrameBurst: (name) => ofClosedDevice(name, (device) => [filledBurst(device)]),
  SegmentMemory: (name) => ofClosedDevice(name, (device) => [device.mapMemory(100_000)]),
  DeviceAttachment: (name) => {
    const attachment = DeviceAttachment.open(linkOf(name));
    attachment[Symbol.dispose]();
    return [attachment, attachment.counters!, ...attachment.taps];
  },
  CreatedDevice: () => {
    const created = CreatedDevice.create('gone%d', { queueCount: 2 });
    created[Symbol.dispose]();
    return [created, ...created.queues];
  },
  FrameWatch: async (name) => Object.values(await closedWatch(name)),
  WatchedBursts: async (name) => [(await closedWatch(name)).bursts],
  Links: () => {
    const links = Links.open();
    links[Symbol.dispose]();
    return [links];
  },
  LinkEvents: () => {
    const events = LinkEvents.open(LINK_HANDLERS);
    events[Symbol.dispose]();
    return [events];
  },
  Forwarding: async (name, peer) => {
    const attachments = [DeviceAttachment.open(linkOf(name)), DeviceAttachment.open(linkOf(peer))] as const;
    const forwarding = Forwarding.start(attachments);
    await forwarding.ready;
    // The threads still write counters and read queues.
    for (const attachment of attachments) attachment[Symbol.dispose]();
    await forwarding[Symbol.asyncDispose]();
    return [forwarding, ...attachments];
  },
};

/** Names of the classes of the library whose objects can be disposed. */
export function disposableClasses(): string[] {
  return Object.entries(library).flatMap(([name, value]) => {
    if (typeof value !== 'function') return [];
    const prototype: unknown = value.prototype;
    if (typeof prototype !== 'object' || prototype === null) return [];
    return Symbol.dispose in prototype || Symbol.asyncDispose in prototype ? [name] : [];
  });
}

function closedDevice(name: string): TapDevice[] {
  const device = TapDevice.open(name);
  device[Symbol.dispose]();
  return [device];
}

/** A disposed watch, its bursts, and a burst that has frames. */
async function closedWatch(name: string) {
  using device = TapDevice.open(name);
  const watch = FrameWatch.open(name);
  const bursts = watch.bursts();
  using sent = device.allocateBurst();
  sent.append(new Uint8Array(60).fill(0xff));
  device.queues[0]!.send(sent);
  const { value: burst } = await bursts.next();
  burst!.frame(0);
  watch[Symbol.dispose]();
  return { watch, bursts, burst: burst! };
}

function ofClosedDevice<T extends object>(name: string, make: (device: TapDevice) => T[]): T[] {
  const device = TapDevice.open(name);
  const made = make(device);
  device[Symbol.dispose]();
  return made;
}

function filledBurst(device: TapDevice): FrameBurst {
  const burst = device.allocateBurst();
  const { bytes } = device.mapMemory(100_000);
  burst.append(new Uint8Array(60).fill(0xff));
  burst.appendSegments([bytes.subarray(0, 20), bytes.subarray(70_000, 70_040)]);
  burst.facts(0);
  burst.frame(0);
  return burst;
}

function linkOf(name: string): library.Link {
  using links = Links.open();
  return links.byName(name)!;
}
