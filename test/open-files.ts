import { readdirSync, readlinkSync } from 'node:fs';

/** What this process has open, as `NUMBER TARGET`: `21 socket:[48211]` (proc_pid_fd(5)). */
export function openFiles(): Set<string> {
  const files = new Set<string>();
  for (const number of readdirSync('/proc/self/fd')) {
    try {
      files.add(`${number} ${readlinkSync(`/proc/self/fd/${number}`)}`);
    } catch {
      // The descriptor that read the folder is gone by now.
    }
  }
  return files;
}

/**
 * What is open now and was not when `openFiles()` gave `before`: leaks have names here. A count would not do, as the
 * test runner closes files of its own in the same process whenever it likes.
 */
export function openedSince(before: ReadonlySet<string>): string[] {
  return [...openFiles()].filter((file) => !before.has(file));
}
