/** Most queues that rtap gives a device. */
export const QUEUES_MAX = 128;

/** Most queues that the kernel gives a TAP. Source: MAX_TAP_QUEUES in include/linux/if_tap.h. */
export const KERNEL_QUEUES_MAX = 256;
