import { readdirSync, readlinkSync } from 'node:fs';

/** The descriptors that this process has open, as `NUMBER TARGET`: `21 socket:[48211]` (proc_pid_fd(5)). */
export function openFiles(): Set<string> {
  const files = new Set<string>();
  for (const number of readdirSync('/proc/self/fd')) {
    try {
      files.add(`${number} ${readlinkSync(`/proc/self/fd/${number}`)}`);
    } catch {
      // The descriptor that read the folder is closed by now.
    }
  }
  return files;
}

/**
 * The descriptors that are open now and were not open in `before`, a result of `openFiles()`. A count would not do: ava closes files
 * of its own in the same process at any time.
 */
export function openedSince(before: ReadonlySet<string>): string[] {
  return [...openFiles()].filter((file) => !before.has(file));
}
