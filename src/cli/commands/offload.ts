import { Argument, type Command } from 'commander';
import { formatOffloadList, OFFLOAD_WORDS, readOffloadList } from '../arguments/offload-argument.js';
import { refuseExcess } from '../errors/usage-error.js';
import type { Console } from '../process/console.js';

interface OffloadOptions {
  readonly json?: boolean;
}

/** `rtap offload NAME [LIST|none]` */
export function declare(command: Command, console: Console): void {
  const list = new Argument(
    '[list]',
    'the new offloads, separated by commas; without a list rtap prints the present ones',
  );
  list.argChoices = [...OFFLOAD_WORDS];
  command
    .description(
      'Prints or sets the offloads of a device: work on frames that the kernel may leave to the reader.',
    )
    .argument('<device>', 'name of the device')
    .addArgument(list)
    .option('--json', 'print one JSON object, also after a change')
    .allowExcessArguments()
    .action(async (device: string, text: string | undefined, options: OffloadOptions) => {
      refuseExcess(
        command,
        'give one list of what is to be on, with commas: csum,tso; "none" switches all off',
      );
      if (text !== undefined) await setOffloads(device, text, console);
      if (text === undefined || options.json === true) await printOffloads(device, options, console);
    });
}

async function printOffloads(device: string, options: OffloadOptions, console: Console): Promise<void> {
  const { findTap } = await import('../../tap/link/tap-link.js');
  const { readOffloads } = await import('../../tap/device/offloads.js');
  const { name: ifname } = findTap(device, 'read');
  const offloads = readOffloads(ifname);
  if (options.json === true) console.printJson({ ifname, offloads });
  else console.print(formatOffloadList(offloads));
}

async function setOffloads(device: string, text: string, console: Console): Promise<void> {
  const wanted = readOffloadList(text);
  const { findTap } = await import('../../tap/link/tap-link.js');
  const { changeOffloads } = await import('../../tap/device/offloads.js');
  const link = findTap(device, 'change');
  const on = changeOffloads(link, wanted);
  const needed = on.filter((offload) => !wanted.includes(offload));
  if (needed.length > 0)
    console.note(
      `offload: ${formatOffloadList(needed)} is on as well, because ${formatOffloadList(wanted)} needs it`,
    );
}
