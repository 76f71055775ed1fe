import { fstatSync } from 'node:fs';

// Source: include/uapi/linux/major.h
const MEM_MAJOR = 1;

/**
 * Whether the descriptor `fd` is a terminal. node:tty, which takes 5 ms to load, since half of node:net comes with it, is
 * asked only about what may be one: /dev/null and its sisters are none.
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

/** Source: sys/sysmacros.h, gnu_dev_major: those below 4096, which are all that there are. */
function majorOf(device: number): number {
  return (device >>> 8) & 0xfff;
}
