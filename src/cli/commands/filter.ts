import { Argument, type Command, Option } from 'commander';
import type { AddressFilter } from '../../tap/device/address-filter.js';
import { FILTER_ADDRESSES_MAX } from '../../tap/state/limits.js';
import { type FilterArguments, readAddressFilterOptions } from '../arguments/setting-arguments.js';
import type { Console } from '../process/console.js';

/** `rtap filter NAME [off] …` */
export function declare(command: Command, console: Console): void {
  const off = new Argument('[off]', 'let every frame leave the device again');
  off.argChoices = ['off'];
  const mac = new Option(
    '--mac <address...>',
    `let frames to these MAC addresses leave the device, at most ${FILTER_ADDRESSES_MAX}`,
  ).argParser((address: string, before: readonly string[] | undefined) => [...(before ?? []), address]);
  command
    .description(
      'Prints or sets which frames leave a device: those to the given MAC addresses and to broadcast. The kernel drops all others.',
    )
    .argument('<device>', 'name of the device')
    .addArgument(off)
    .addOption(mac)
    .option(
      '--allmulti',
      "let multicast frames leave, too; without --mac also those to the device's own address",
    )
    .option('--json', 'print one JSON object, also after a change')
    .action(async (device: string, word: string | undefined, options: FilterArguments) => {
      const filter = readAddressFilterOptions(word, options);
      if (filter !== undefined) await setFilter(device, filter === 'off' ? undefined : filter, console);
      if (filter === undefined || options.json === true) await printFilter(device, options, console);
    });
}

async function setFilter(device: string, filter: AddressFilter | undefined, console: Console): Promise<void> {
  const { setAddressFilter } = await import('../../tap/device/address-filter.js');
  const { noteSetting } = await import('../arguments/setting-text.js');
  const applied = setAddressFilter(device, filter);
  noteSetting(applied, { command: 'filter', device, what: filter && 'the filter' }, console);
}

async function printFilter(device: string, options: FilterArguments, console: Console): Promise<void> {
  const { findTap } = await import('../../tap/link/tap-link.js');
  const { readAddressFilter } = await import('../../tap/device/address-filter.js');
  const { filterJson, formatFilter } = await import('../arguments/setting-text.js');
  const link = findTap(device, 'read');
  const filter = filterJson(readAddressFilter(link));
  if (options.json === true) console.printJson({ ifname: link.name, filter });
  else console.print(formatFilter(filter));
}
