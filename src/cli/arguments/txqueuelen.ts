/** Frames: the kernel keeps so many pointers per queue in one piece of memory, of 4 MiB at most. */
export const TXQUEUELEN_MAX = 524_288;
