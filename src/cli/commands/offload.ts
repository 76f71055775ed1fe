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
    'the new ones, with commas between; without, the present ones are printed',
  );
  list.argChoices = [...OFFLOAD_WORDS];
  command
    .description('Prints or sets what the kernel may leave unfinished in the frames that it hands out.')
    .argument('<device>', 'name of the device')
    .addArgument(list)
    .option('--json', 'print as JSON, new ones, too')
    .allowExcessArguments()
    .action(async (device: string, text: string | undefined, options: OffloadOptions) => {
      refuseExcess(command, `with commas between: ${command.args.slice(1).join(',')}`);
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
  let passing = false;
  const onPassingQueue = () => {
    passing = true;
  };
  const on = changeOffloads(link, wanted, { onPassingQueue });
  if (passing) console.note(`rtap: a queue of ${device} was attached and detached again at once to do this`);
  const brought = on.filter((offload) => !wanted.includes(offload));
  if (brought.length > 0)
    console.note(`rtap: ${formatOffloadList(wanted)} brought ${formatOffloadList(brought)} with it`);
}
