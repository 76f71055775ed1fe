/**
 * rtap as a library: multi-queue Linux TAP devices through io_uring.
 *
 * Open a device with `TapDevice.open`, take a burst with `allocateBurst`, and `receive` and `send` on its queues, or
 * iterate over `device.bursts()` with `for await`, or let a `ReceiveLoop` or a `QueueReadiness` call you while the event
 * loop runs. `LinkEvents` tells of links up and down, renamed, moved and gone, beside any of them. What waits takes an
 * `AbortSignal`.
 *
 * `FrameWatch.open` sees the frames that pass a device, whichever process holds it, and takes none.
 *
 * `Forwarding.open` carries frames between two devices in threads of its own.
 *
 * `burst.facts(i)` tells what the virtio-net header says of a received frame, and takes what a frame to be sent leaves to
 * the kernel (`prepareChecksum`, `requestSegmentation`); `mapMemory` and `appendSegments` send frames in pieces without
 * copying them. Everything is `Disposable`: a device gives all back.
 */

export * from './errors.js';
export type { IpNetwork, LinkAddress } from './netlink/address.js';
export type { Link } from './netlink/link.js';
export { type LinkEventHandlers, LinkEvents, type LinkEventsOptions } from './netlink/link-events.js';
export type { LinkStatistics } from './netlink/link-statistics.js';
export { type LinkChange, Links } from './netlink/links.js';
export { addBytes, finishChecksum } from './packet/bytes/internet-checksum.js';
export { formatMacAddress, parseMacAddress } from './packet/headers/mac-address.js';
export {
  VIRTIO_NET_HDR_F_DATA_VALID,
  VIRTIO_NET_HDR_F_NEEDS_CSUM,
  VIRTIO_NET_HDR_GSO_ECN,
  VIRTIO_NET_HDR_GSO_NONE,
  VIRTIO_NET_HDR_GSO_TCPV4,
  VIRTIO_NET_HDR_GSO_TCPV6,
  VIRTIO_NET_HDR_GSO_UDP,
  VIRTIO_NET_HDR_GSO_UDP_L4,
  VIRTIO_NET_HDR_MRG_RXBUF_SIZE,
  VIRTIO_NET_HDR_SIZE,
  VirtioNetHeader,
  type VirtioNetHeaderOptions,
} from './packet/headers/virtio-net-header.js';
export { completeChecksum } from './packet/offload/checksum-completion.js';
export {
  type PreparationOptions,
  prepareChecksum,
  type WritableVirtioChecksum,
} from './packet/offload/checksum-preparation.js';
export { type ChecksumState, checksumState } from './packet/offload/checksum-state.js';
export { Segmentation, type VirtioSegmentation } from './packet/offload/segmentation.js';
export { type SegmentationKind, segmentationKind } from './packet/offload/segmentation-kind.js';
export {
  requestSegmentation,
  type WritableVirtioSegmentation,
} from './packet/offload/segmentation-request.js';
export { summarizeFrame } from './packet/summary/frame-summary.js';
export {
  type DeviceStatistics,
  readAllStatistics,
  readStatistics,
  resetStatistics,
} from './tap/counters/device-statistics.js';
export { extendedStatistics } from './tap/counters/extended-statistics.js';
export type { QueueCounts } from './tap/counters/queue-counts.js';
export {
  type AddressFilter,
  readAddressFilter,
  setAddressFilter,
} from './tap/device/address-filter.js';
export { CreatedDevice, type CreationOptions, type DeviceSettings } from './tap/device/device-creation.js';
export { type DeleteOptions, deleteDevice } from './tap/device/device-removal.js';
export { type DeviceSummary, type DeviceView, listDevices, viewDevice } from './tap/device/device-view.js';
export {
  changeOffloads,
  completeOffloads,
  OFFLOADS,
  OFFLOADS_DEFAULT,
  type Offload,
  readOffloads,
} from './tap/device/offloads.js';
export {
  type ForwardedSide,
  Forwarding,
  type ForwardingOptions,
  type LaneReport,
} from './tap/forward/forwarding.js';
export type { ForwardingEnd } from './tap/forward/forwarding-thread.js';
export type { LaneCounts } from './tap/forward/lane-counts.js';
export type { ForwardLane } from './tap/forward/lane-plan.js';
export type { AppliedSetting } from './tap/lease/holder-client.js';
export type { FrameBurst } from './tap/memory/frame-burst.js';
export type { SegmentMemory } from './tap/memory/segment-memory.js';
export { FRAME_SEGMENTS_MAX } from './tap/memory/send-chains.js';
export { RECEIVED_FRAME_BYTES_MAX, SEGMENT_BYTES_MIN } from './tap/memory/slot-layout.js';
export { Bursts, type BurstsOptions, type ReceivedBurst } from './tap/queue/bursts.js';
export { type AttachmentOptions, DeviceAttachment } from './tap/queue/device-attachment.js';
export { QueueReadiness, type ReadinessOptions } from './tap/queue/queue-readiness.js';
export { ReceiveLoop, type ReceiveLoopOptions, type Receiver } from './tap/queue/receive-loop.js';
export {
  BURST_FRAMES,
  BURST_FRAMES_MAX,
  TapDevice,
  type TapDeviceOptions,
} from './tap/queue/tap-device.js';
export { TapQueue } from './tap/queue/tap-queue.js';
export { FILTER_ADDRESSES_MAX, QUEUES_MAX } from './tap/state/limits.js';
export { readSteering, type Steering, setSteering } from './tap/steer/steering.js';
export { STEERING_KEYS, type SteeringKey, type SteeringRule } from './tap/steer/steering-rule.js';
export {
  FrameWatch,
  type FrameWatchOptions,
  type WatchCounts,
  type WatchEnd,
} from './tap/watch/frame-watch.js';
export type { WatchDirection } from './tap/watch/watch-programs.js';
export type { WatchedBurst } from './tap/watch/watched-burst.js';
export { WatchedBursts, type WatchedBurstsOptions } from './tap/watch/watched-bursts.js';
