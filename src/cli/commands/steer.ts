import { Argument, type Command, Option } from 'commander';
import type { SteeringRule } from '../../tap/steer/steering-rule.js';
import { STEERING_KEYS } from '../../tap/steer/steering-rule.js';
import { readSteeringRule, type SteerArguments } from '../arguments/setting-arguments.js';
import type { Console } from '../process/console.js';

/** `rtap steer NAME [off] …` */
export function declare(command: Command, console: Console): void {
  const off = new Argument('[off]', 'let the kernel choose the queue of each frame again');
  off.argChoices = ['off'];
  const by = new Option('--by <key>', 'what the queue is chosen by');
  by.argChoices = [...STEERING_KEYS];
  command
    .description(
      'Prints or sets how the kernel chooses the queue of each frame that it sends out of a device: by value modulo the number of queues, or by a map.',
    )
    .argument('<device>', 'name of the device')
    .addArgument(off)
    .addOption(by)
    .option('--map <map>', 'values or ranges, and the queue or range of queues of each: 5000-5003=0-3,53=1')
    .option(
      '--else <queue|flow>',
      'where frames go without that field or with a value that is not in the map (default: flow)',
    )
    .option('--json', 'print one JSON object, also after a change')
    .action(async (device: string, word: string | undefined, options: SteerArguments) => {
      const rule = readSteeringRule(word, options);
      if (rule !== undefined) await steer(device, rule === 'off' ? undefined : rule, console);
      if (rule === undefined || options.json === true) await printSteering(device, options, console);
    });
}

async function steer(device: string, rule: SteeringRule | undefined, console: Console): Promise<void> {
  const { setSteering } = await import('../../tap/steer/steering.js');
  const { noteSetting } = await import('../arguments/setting-text.js');
  const applied = setSteering(device, rule);
  noteSetting(applied, { command: 'steer', device, what: rule && 'the program' }, console);
}

async function printSteering(device: string, options: SteerArguments, console: Console): Promise<void> {
  const { findTap } = await import('../../tap/link/tap-link.js');
  const { readSteering } = await import('../../tap/steer/steering.js');
  const { formatSteering, steeringJson } = await import('../arguments/setting-text.js');
  const link = findTap(device, 'read');
  const steer = steeringJson(readSteering(link));
  if (options.json === true) console.printJson({ ifname: link.name, steer });
  else console.print(formatSteering(steer));
}
