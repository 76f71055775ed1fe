import { type Command, Option } from 'commander';
import { QUEUES_DEFAULT, QUEUES_MAX, TXQUEUELEN_EVERYWHERE } from '../../tap/state/limits.js';
import { OFFLOAD_WORDS } from '../arguments/offload-argument.js';
import { MTU_MAX, MTU_MIN, TXQUEUELEN_MAX } from '../arguments/quantity.js';
import type { Console } from '../process/console.js';

/** `rtap create NAME… …` */
export function declare(command: Command, console: Console): void {
  const offload = new Option(
    '--offload <list>',
    'offloads: work that the kernel may leave to the reader (default: csum,tso4,tso6,ecn)',
  );
  offload.argChoices = [...OFFLOAD_WORDS];
  command
    .description(
      'Makes TAP devices. With --persist a device stays. Without it, rtap holds the device in the foreground, and the device goes when rtap ends.',
    )
    .argument('<device...>', 'names of the devices; the kernel replaces one %d by a number')
    .option('--queues <number>', `number of queues, 1 to ${QUEUES_MAX} (default: ${QUEUES_DEFAULT})`)
    .option('--persist', 'make a device that stays, and return at once')
    .option('--mac <address|random>', 'MAC address; "random" chooses one')
    .option(
      '--mtu <bytes>',
      `MTU, the largest payload of a frame in bytes, ${MTU_MIN} to ${MTU_MAX} (default: 1500)`,
    )
    .option(
      '--txqueuelen <frames>',
      `length of each queue in frames, 1 to ${TXQUEUELEN_MAX}, on some kernels to ${TXQUEUELEN_EVERYWHERE}; a full queue drops frames. While the device is up, it takes 6 KiB of kernel memory a frame (default: 1000)`,
    )
    .option(
      '--address <address/length>',
      'IPv4 or IPv6 address with the length of its prefix: 192.0.2.1/24; you can repeat the option',
      collect,
    )
    .option('--up', 'switch the device on')
    .addOption(offload)
    .option('--napi', "pass sent frames to the kernel's NAPI, which can merge TCP segments (GRO)")
    .option('--no-napi', 'with --exist-ok: switch NAPI off')
    .option(
      '--owner <user>',
      'user that can use the device without root: a name or number (default: the user that makes it)',
    )
    .option('--group <group>', 'group that can use the device without root: a name or number')
    .option('--exist-ok', 'if a multi-queue TAP of this name exists, change its settings instead')
    .option('--detach', 'hold the device in the background; return when it is ready')
    .option('--json', 'print JSON: one object, or an array for several devices')
    .action(async (devices: readonly string[]) => {
      const { runCreate } = await import('../device/create-run.js');
      await runCreate(devices, command, console);
    });
}

function collect(value: string, previous: readonly string[] = []): string[] {
  return [...previous, value];
}
