import type { Command } from 'commander';
import type { Console } from '../console.js';
import { type InjectArguments, readInjectOptions } from '../tx-inject/inject-arguments.js';

/** `rtap tx-inject NAME …` */
export function declare(command: Command, console: Console): void {
  command
    .description('Writes frames into a queue: the kernel receives them from the device.')
    .argument('<device>', 'name of the device')
    .option('-q, --queue <number>', 'queue to write to', '0')
    .option('-r, --read <file>', 'send the frames of a capture; - for standard input')
    .option('--hex <bytes>', 'send this frame; may be repeated', collect)
    .option('--count <number>', 'send the whole input so often', '1')
    .option('--rate <rate>', 'send at this rate: 10kpps, 1Gbit')
    .option('-t, --topspeed', 'send as fast as possible, whatever timing was recorded')
    .option('--oversize', 'send frames that are longer than the MTU allows, too')
    .option('--json', 'print the ledger as JSON on standard output')
    .action(async (device: string, given: InjectArguments) => {
      const options = readInjectOptions(given);
      const { runInjection } = await import('../tx-inject/inject-run.js');
      await runInjection(device, options, console);
    });
}

function collect(value: string, previous: readonly string[] = []): string[] {
  return [...previous, value];
}
