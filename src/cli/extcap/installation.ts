import { HintedError } from '../errors/usage-error.js';
import { packageFolder } from '../process/package-version.js';
import { installProgram, uninstallProgram } from './installed-program.js';
import { findWiresharkFolders, personalFolders } from './wireshark-folders.js';

/** Who sees the interfaces. */
export interface InstallationOptions {
  /** All users of this machine, not this one alone. @default false */
  readonly system?: boolean | undefined;
}

/**
 * Puts the program where the Wireshark of this machine looks. Returns its paths: two where no tshark says which of the two folders
 * Wireshark has.
 */
export function install({ system = false }: InstallationOptions): string[] {
  const paths = { node: process.execPath, package: packageFolder().replace(/\/$/, '') };
  return foldersFor(system).map((folder) => installProgram(folder, paths));
}

/** Removes the program from wherever this or another release of Wireshark looks. Returns what is removed. */
export function uninstall({ system = false }: InstallationOptions): string[] {
  const folders = system ? foldersFor(true) : [...new Set([...foldersFor(false), ...personalFolders()])];
  return folders.map(uninstallProgram).filter((path) => path !== undefined);
}

function foldersFor(system: boolean): string[] {
  const found = findWiresharkFolders();
  if (!system) return found?.personal === undefined ? personalFolders() : [found.personal];
  if (found?.system !== undefined) return [found.system];
  throw new HintedError(
    'cannot use "--system": tshark, which knows the folder of Wireshark, does not run',
    'install tshark; or leave --system out, for this user alone',
  );
}
