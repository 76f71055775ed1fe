import { errnoOf } from '../../sys/errno.js';
import type { Ring } from '../../uring/ring.js';
import type { QueueCounters } from '../counters/counter-table.js';
import type { TapDescriptor } from '../link/tap-descriptor.js';

export const EAGAIN = errnoOf('EAGAIN');
export const EBADFD = errnoOf('EBADFD');
export const EINVAL = errnoOf('EINVAL');
export const EOPNOTSUPP = errnoOf('EOPNOTSUPP');

/** No errno at all. Made once, so that a burst allocates nothing. */
export const NO_ERRNOS: readonly number[] = [];

/** Bytes of an Ethernet header: no frame is shorter. */
export const ETHERNET_HEADER_BYTES = 14;

/** A queue's descriptor, and the bytes of the virtio-net header of its frames. Borrowed. */
export type QueueDescriptor = Pick<TapDescriptor, 'fd' | 'headerBytes'>;

/**
 * What reading and writing of one queue share: the way into the kernel, and what is known about the kernel.
 */
export interface QueuePort {
  readonly ring: Ring;
  readonly tap: QueueDescriptor;
  /** A copy once the queue is closed: the device's counter file is unmapped then. */
  counters: QueueCounters;
  /** The descriptor's slot in the ring. */
  readonly fileSlot: number;
  /** Whether the arena is registered with the ring. `rtap bench` does that for comparison. */
  readonly registered: boolean;
  /** Whether the kernel knows transfers of a TUN descriptor that never wait: Linux 6.4. */
  nowait: boolean;
  /** Whether the device was deleted, or the size of its header has changed. */
  gone: boolean;
  /** The size of the virtio-net header that another process has set meanwhile. Bytes. */
  changedHeaderBytes?: number;
}
