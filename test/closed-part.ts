import { realpathSync, statSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** This checkout. */
export const ROOT = realpathSync(fileURLToPath(new URL('..', import.meta.url)));

/** Source: include/uapi/linux/stat.h. */
const S_IROTH = 0o4;
const S_IXOTH = 0o1;

/**
 * The first folder on the way to `path`, or `path` itself, that other users than its owner may not enter or read, as /root on Debian.
 * undefined if they may read `path`.
 */
export function closedPart(path: string): string | undefined {
  const whole = realpathSync(path);
  const parts = whole.split('/').map((_, index, names) => names.slice(0, index + 1).join('/') || '/');
  return parts.find((part) => {
    const needed = part === whole ? S_IROTH | S_IXOTH : S_IXOTH;
    return (statSync(part).mode & needed) !== needed;
  });
}

/** What keeps other users from running the tests' programs: from this checkout, or from Node. undefined if nothing does. */
export function closedToOtherUsers(): string | undefined {
  return closedPart(ROOT) ?? closedPart(process.execPath);
}
