import { type Command, Option } from 'commander';
import type { CreateArguments } from '../arguments/device-arguments.js';
import { OFFLOAD_WORDS } from '../arguments/offload-argument.js';
import type { Console } from '../process/console.js';

/** `rtap create NAME …` */
export function declare(command: Command, console: Console): void {
  const offload = new Option(
    '--offload <list>',
    'what the kernel may leave unfinished (default: csum,tso4,tso6,ecn)',
  );
  offload.argChoices = [...OFFLOAD_WORDS];
  command
    .description(
      'Makes a TAP device. Without --persist it is held in the foreground and gone with this process.',
    )
    .argument('<device>', 'name of the device; one %d in it becomes a number')
    .option('--queues <number>', 'queues, 1 to 128 (default: 4)')
    .option('--persist', 'let the device stay, and return at once')
    .option('--mac <address|random>', 'MAC address; "random" makes one up')
    .option('--mtu <bytes>', 'largest payload of a frame, 68 to 65521 (default: 1500)')
    .option(
      '--txqueuelen <frames>',
      'frames that wait in a queue, 1 to 524288, before the kernel drops them (default: 1000)',
    )
    .option('--up', 'switch it on')
    .addOption(offload)
    .option('--napi', "hand what is written to the kernel's NAPI, which can merge TCP (GRO)")
    .option('--no-napi', 'with --exist-ok: attach further queues without NAPI')
    .option(
      '--owner <user>',
      'user that may use it without privilege: name or number (default: who makes it)',
    )
    .option('--group <group>', 'group that may: name or number')
    .option('--exist-ok', 'a multi-queue TAP of that name is brought to these settings instead')
    .option('--detach', 'hold it in the background, and return when it is ready')
    .option('--json', 'print as JSON')
    .action(async (device: string, options: CreateArguments) => {
      const { runCreate } = await import('../device/create-run.js');
      await runCreate(device, options, console);
    });
}
