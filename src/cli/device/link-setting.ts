import type { Command } from 'commander';
import type { Link } from '../../netlink/link.js';
import type { LinkChange } from '../../netlink/links.js';
import type { Console } from '../process/console.js';

/** A setting of a device that a command prints or changes. */
export interface LinkSetting {
  /** How the help names a value: `[bytes]`. */
  readonly value: string;
  /** Which values are possible, for the help. */
  readonly range: string;
  /** The key in `--json`, as in `ip -j link`. */
  readonly key: string;
  read(link: Link): string | number | boolean;
  change(text: string): LinkChange | Promise<LinkChange>;
}

interface SettingOptions {
  readonly json?: boolean;
}

/** Declares the arguments `NAME [VALUE]`. Without a value the command prints the present one. */
export function declareLinkSetting(command: Command, console: Console, setting: LinkSetting): void {
  command
    .argument('<device>', 'name of the device')
    .argument(setting.value, `the new value: ${setting.range}; without it rtap prints the present value`)
    .option('--json', 'print one JSON object, also after a change')
    .action(async (device: string, text: string | undefined, options: SettingOptions) => {
      if (text !== undefined) await changeLink(device, await setting.change(text));
      if (text === undefined || options.json === true)
        print(console, await readLink(device), setting, options);
    });
}

function print(console: Console, link: Link, setting: LinkSetting, options: SettingOptions): void {
  const value = setting.read(link);
  if (options.json === true) console.printJson({ ifname: link.name, [setting.key]: value });
  else console.print(typeof value === 'boolean' ? (value ? 'on' : 'off') : String(value));
}

/** Changes the TAP `device` by rtnetlink. */
export async function changeLink(device: string, change: LinkChange): Promise<void> {
  const { findTap } = await import('../../tap/link/tap-link.js');
  const { changeSettings } = await import('../../tap/link/link-settings.js');
  const { Links } = await import('../../netlink/links.js');
  const { index } = findTap(device, 'change');
  using links = Links.open();
  changeSettings(links, index, change);
}

async function readLink(device: string): Promise<Link> {
  const { findTap } = await import('../../tap/link/tap-link.js');
  return findTap(device, 'read');
}
