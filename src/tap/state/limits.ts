/** Most queues that rtap gives a device. */
export const QUEUES_MAX = 128;

/** Queues of a new device when its maker names no number. */
export const QUEUES_DEFAULT = 4;

/** Most queues that the kernel gives a TAP. Source: MAX_TAP_QUEUES in include/linux/if_tap.h. */
export const KERNEL_QUEUES_MAX = 256;

/** The longest queue that every kernel takes, in frames. Linux 6.12.117 and 7.2.13 take no more, 6.1 and 6.18.44 do. */
export const TXQUEUELEN_EVERYWHERE = 32_767;

/**
 * Most addresses of a device's filter. Source: FLT_EXACT_COUNT of drivers/net/tun.c. With one more the kernel filters nothing, and
 * reports no error.
 */
export const FILTER_ADDRESSES_MAX = 8;

/** Largest virtio-net header, in bytes, that rtap has room for. The kernel's own headers are 10 and 12 bytes. */
export const HEADER_BYTES_MAX = 24;

/**
 * Frames that one queue may take in a row before signals, events and other queues get their turn. The queue finishes
 * its last burst, so it can take some more. 512 short frames take half a millisecond.
 */
export const FRAMES_PER_TURN = 512;
