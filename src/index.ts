/**
 * rtap as a library: multi-queue Linux TAP devices through io_uring.
 *
 * Open a device with `TapDevice.open`, take a burst with `allocateBurst`, and `receive` and `send` on its queues, or
 * let a `ReceiveLoop` call you while the event loop runs. Everything is `Disposable`: a device gives all back.
 */

export * from './errors.js';
export type { Link } from './netlink/link.js';
export { type LinkEventHandlers, LinkEvents } from './netlink/link-events.js';
export type { LinkStatistics } from './netlink/link-statistics.js';
export { type LinkChange, Links } from './netlink/links.js';
export { summarizeFrame } from './packet/frame-summary.js';
export { addBytes, finishChecksum } from './packet/internet-checksum.js';
export { formatMacAddress, parseMacAddress } from './packet/mac-address.js';
export { CreatedDevice, type CreationOptions, type DeviceSettings } from './tap/device-creation.js';
export { type DeleteOptions, deleteDevice } from './tap/device-removal.js';
export { type DeviceStatistics, readStatistics, resetStatistics } from './tap/device-statistics.js';
export { type DeviceSummary, type DeviceView, listDevices, viewDevice } from './tap/device-view.js';
export { RECEIVED_FRAME_BYTES_MAX } from './tap/frame-arena.js';
export { FrameBurst } from './tap/frame-burst.js';
export type { FrameQueue } from './tap/frame-queue.js';
export type { QueueCounts } from './tap/queue-counters.js';
export { ReceiveLoop, type Receiver } from './tap/receive-loop.js';
export {
  BURST_FRAMES,
  BURST_FRAMES_MAX,
  QUEUES_MAX,
  TapDevice,
  type TapDeviceOptions,
} from './tap/tap-device.js';
export { TapQueue } from './tap/tap-queue.js';
