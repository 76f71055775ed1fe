import type { Command } from 'commander';
import { EXIT_UNABLE } from '../errors/exit-code.js';
import type { Console } from '../process/console.js';

interface DoctorOptions {
  readonly json?: boolean;
}

/** `rtap doctor` */
export function declare(command: Command, console: Console): void {
  command
    .description(
      'Checks what this machine supports by trying it in a private network namespace, and prints a remedy for each problem.',
    )
    .option('--json', 'print a JSON array')
    .action(async (options: DoctorOptions) => {
      const { examine } = await import('../doctor/examination.js');
      const findings = examine();
      if (options.json === true) {
        console.printJson(findings);
      } else {
        const { describeFindings } = await import('../doctor/finding.js');
        console.print(describeFindings(findings, console.style));
      }
      if (findings.some(({ state }) => state === 'missing')) console.exitCode = EXIT_UNABLE;
    });
}
