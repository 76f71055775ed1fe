import { fstatSync } from 'node:fs';

// Source: include/uapi/linux/major.h
const MEM_MAJOR = 1;

/**
 * Whether the descriptor `fd` is a terminal. node:tty takes 5 ms to load, since it loads half of node:net, so it is asked
 * only about character devices that may be terminals. /dev/null and the other memory devices are none.
 */
export function isTerminal(fd: number): boolean {
  return mayBeTerminal(fd) && process.getBuiltinModule('node:tty').isatty(fd);
}

function mayBeTerminal(fd: number): boolean {
  try {
    const status = fstatSync(fd);
    return status.isCharacterDevice() && majorOf(status.rdev) !== MEM_MAJOR;
  } catch {
    return false;
  }
}

/** Source: sys/sysmacros.h, gnu_dev_major, for numbers below 4096. Linux has no others. */
function majorOf(device: number): number {
  return (device >>> 8) & 0xfff;
}
