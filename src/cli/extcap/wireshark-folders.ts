import { spawnSync } from 'node:child_process';
import { homedir } from 'node:os';
import { join } from 'node:path';

/** Where Wireshark looks for programs that are interfaces. */
export interface WiresharkFolders {
  /** The folder of this user. */
  readonly personal: string | undefined;
  /** The folder of all users. */
  readonly system: string | undefined;
}

/** Under the folders of this user: as in Wireshark 4.4, and as in 4.0. */
const PERSONAL = '.local/lib/wireshark/extcap';
const PERSONAL_OLD = 'wireshark/extcap';

/** What `tshark -G folders` prints of each folder: older releases, as 4.0, name one folder of programs. */
const LINE = /^([^:\n]+):\s+(.+)$/gm;
const NAME_PERSONAL = 'Personal Extcap path';
const NAME_SYSTEM = 'Global Extcap path';
const NAME_SYSTEM_OLD = 'Extcap path';
const NAME_CONFIGURATION = 'Personal configuration';

/** Longest that tshark may take. A busy machine needs some seconds. */
const TSHARK_MS = 60_000;

/** Returns the folders that the tshark of this machine looks in; undefined if there is no tshark. */
export function findWiresharkFolders(): WiresharkFolders | undefined {
  const { status, stdout } = spawnSync('tshark', ['-G', 'folders'], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
    timeout: TSHARK_MS,
  });
  return status === 0 ? parseFolders(stdout) : undefined;
}

/** Reads what `tshark -G folders` prints. */
export function parseFolders(text: string): WiresharkFolders {
  const folders = new Map(
    Array.from(text.matchAll(LINE), ([, name, path]) => [name!, path!.trim()] as const),
  );
  const configuration = folders.get(NAME_CONFIGURATION);
  return {
    personal:
      folders.get(NAME_PERSONAL) ?? (configuration === undefined ? undefined : join(configuration, 'extcap')),
    system: folders.get(NAME_SYSTEM) ?? folders.get(NAME_SYSTEM_OLD),
  };
}

/** The folders of this user in which some release of Wireshark looks, the newest releases first. */
export function personalFolders(): string[] {
  const { XDG_CONFIG_HOME = '' } = process.env;
  const home = homedir();
  const configuration = XDG_CONFIG_HOME === '' ? join(home, '.config') : XDG_CONFIG_HOME;
  return [join(home, PERSONAL), join(configuration, PERSONAL_OLD)];
}
