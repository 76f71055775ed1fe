import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { ROOT } from './closed-part.js';

/**
 * Always the same, so that what the tests compile is found again. The folder is on every machine, belongs to root, and no test mounts
 * anything over it.
 */
export const VIEW = '/media';

/** Mounts the checkout, what lies beside it for the tests, and Node where every user may read them. */
const IN_VIEW = `
  view=$1 root=$2 node=$3 shared=$4
  shift 4
  mount -t tmpfs -o mode=755 view "$view" && cd "$view" &&
    mkdir rtap bin && mount --bind "$root" rtap && touch bin/node && mount --bind "$node" bin/node || exit 99
  [ -z "$shared" ] || { mkdir shared && mount --bind "$shared" shared; } || exit 99
  cd rtap && PATH=$view/bin:$PATH && exec node "$@"`;

/**
 * A command line that runs Node with `words` in a mount namespace where every user may read this checkout and Node, under `VIEW`, if
 * only folders above them keep other users out.
 */
export function viewCommand(words: readonly string[]): string[] {
  const shared = join(dirname(ROOT), 'shared');
  const paths = [VIEW, ROOT, process.execPath, existsSync(shared) ? shared : ''];
  return ['unshare', '--mount', 'sh', '-c', IN_VIEW, 'sh', ...paths, ...words];
}
