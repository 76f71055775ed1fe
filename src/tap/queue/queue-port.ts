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

/** Header and the smallest thing worth calling a frame: an Ethernet header. */
export const ETHERNET_HEADER_BYTES = 14;

/** A queue's descriptor, and the virtio-net header of its frames in bytes. Borrowed. */
export type QueueDescriptor = Pick<TapDescriptor, 'fd' | 'headerBytes'>;

/** What reading and writing of one queue share: its way into the kernel, and what the kernel has shown of itself. */
export interface QueuePort {
  readonly ring: Ring;
  readonly tap: QueueDescriptor;
  readonly counters: QueueCounters;
  /** The descriptor's slot in the ring. */
  readonly fileSlot: number;
  /** Whether the arena is registered with the ring, as `rtap bench` has it for comparison. */
  readonly registered: boolean;
  /** Transfers that never wait are known: not so before Linux 6.4. */
  nowait: boolean;
  /** The device was deleted. */
  gone: boolean;
}
