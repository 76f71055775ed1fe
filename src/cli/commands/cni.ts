import type { Command } from 'commander';
import type { Console } from '../process/console.js';

/** `rtap cni` */
export function declare(command: Command, console: Console): void {
  command
    .description(
      'Makes TAP devices in containers for Kubernetes, Podman and other runtimes, as a plugin of the Container Network Interface. The runtime starts it through a link that is named rtap, with CNI_COMMAND in the environment.',
    )
    .action(async () => {
      const { runCni } = await import('../cni/cni-run.js');
      await runCni(process.env, console);
    });
}
