import type { Command } from 'commander';
import type { Console } from '../console.js';
import type { CreateArguments } from '../device-arguments.js';

/** `rtap create NAME …` */
export function declare(command: Command, console: Console): void {
  command
    .description(
      'Makes a TAP device. Without --persist it is held in the foreground and gone with this process.',
    )
    .argument('<device>', 'name of the device; one %d in it becomes a number')
    .option('--queues <number>', 'queues, 1 to 128 (default: 4)')
    .option('--persist', 'let the device stay, and return at once')
    .option('--mac <address>', 'MAC address, or "random"')
    .option('--mtu <bytes>', 'largest payload of a frame')
    .option('--txqueuelen <frames>', 'frames that wait in a queue before the kernel drops them')
    .option('--up', 'switch it on')
    .option('--owner <user>', 'user that may use it without privilege: name or number')
    .option('--group <group>', 'group that may: name or number')
    .option('--exist-ok', 'a multi-queue TAP of that name is brought to these settings instead')
    .option('--json', 'print as JSON')
    .action(async (device: string, options: CreateArguments) => {
      const { runCreate } = await import('../create-run.js');
      await runCreate(device, options, console);
    });
}
