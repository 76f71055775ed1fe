import type { Command } from 'commander';
import type { Console } from '../process/console.js';

interface MetricsArguments {
  readonly listen: string;
  readonly remote?: boolean;
}

/** `rtap metrics [NAME...] --listen unix:PATH|127.0.0.1:PORT` */
export function declare(command: Command, console: Console): void {
  command
    .description(
      'Serves counters and states of devices to Prometheus over HTTP, at /metrics. It needs no root.',
    )
    .argument('[devices...]', 'names of the devices (default: all TAP devices)')
    .requiredOption(
      '--listen <address>',
      'unix:PATH, 127.0.0.1:PORT, localhost:PORT or [::1]:PORT; with port 0 the kernel chooses a free port',
    )
    .option(
      '--remote',
      'allow an address that other machines can reach; there is no encryption and no password',
    )
    .action(async (devices: readonly string[], options: MetricsArguments) => {
      const { runMetrics } = await import('../metrics/metrics-run.js');
      await runMetrics(devices, options, console);
    });
}
