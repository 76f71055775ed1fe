import { spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { serialIfAble } from '../able.js';

/** Why tshark cannot be run; undefined if it can. */
export const missingTshark =
  spawnSync('tshark', ['--version']).status === 0
    ? undefined
    : 'tshark is missing: bin/setup --test installs it';

/** Declares a test that needs tshark. */
export const serial = serialIfAble(missingTshark);

/** Makes a home in `directory`, which every user may read, for a Wireshark with nothing of the user's own. */
export function makeHome(directory: string, name: string): string {
  const home = join(directory, name);
  mkdirSync(home);
  chmodSync(home, 0o755);
  // Wireshark looks there first.
  delete process.env.XDG_CONFIG_HOME;
  return home;
}

/** What Wireshark shows of standard error of the interface: the rest is tshark's own. 4.0 writes "by", 4.4 "from". */
export function shownBy({ stderr }: { readonly stderr: string }): string | undefined {
  return /^tshark: Error (?:by|from) extcap pipe: (.*?)\n\n/ms.exec(stderr)?.[1];
}
