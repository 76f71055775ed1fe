import type { Command } from 'commander';
import type { Console } from '../process/console.js';

interface MetricsArguments {
  readonly listen: string;
  readonly remote?: boolean;
}

/** `rtap metrics [NAME...] --listen unix:PATH|127.0.0.1:PORT` */
export function declare(command: Command, console: Console): void {
  command
    .description("Serves rtap's counters as OpenMetrics text over HTTP, at /metrics. Needs no privilege.")
    .argument('[devices...]', 'names of the devices; all TAPs there are where none is named')
    .requiredOption(
      '--listen <address>',
      'unix:PATH, 127.0.0.1:PORT, localhost:PORT (the same) or [::1]:PORT; port 0 takes a free one',
    )
    .option('--remote', 'also listen where other machines may ask: nothing is encrypted, nobody checked')
    .action(async (devices: readonly string[], options: MetricsArguments) => {
      const { runMetrics } = await import('../metrics/metrics-run.js');
      await runMetrics(devices, options, console);
    });
}
