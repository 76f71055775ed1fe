import { rmSync } from 'node:fs';
import type { PrivateNamespace } from './private-namespace.js';
import type { RunningProgram } from './running-program.js';

/** How long it runs before it is measured. */
const SETTLING_MS = 300;

/** Prefix of the names of its files. */
const PREFIX = `rtap-bench-${process.pid}`;

/** testpmd leaves an empty folder behind. */
function removeFiles(): void {
  rmSync(`/var/run/dpdk/${PREFIX}`, { recursive: true, force: true });
}
process.on('exit', removeFiles);

/**
 * DPDK's testpmd with TAPs of its own in `namespace`: one queue each, and one core that polls them without a pause.
 */
export class Testpmd implements AsyncDisposable {
  readonly #program: RunningProgram;

  constructor(program: RunningProgram) {
    this.#program = program;
  }

  get pid(): number {
    return this.#program.pid;
  }

  async settle(): Promise<void> {
    await new Promise((resolve) => setTimeout(resolve, SETTLING_MS));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#program.stop('SIGTERM');
    removeFiles();
  }
}

/** Starts testpmd between TAPs with the names `names`, which it makes. Settles when it forwards. */
export async function startTestpmd(namespace: PrivateNamespace, names: readonly string[]): Promise<Testpmd> {
  const devices = names.flatMap((name, port) => ['--vdev', `net_tap${port},iface=${name}`]);
  const environment = ['--no-huge', '-m', '512', '--no-pci', '--no-telemetry', '--no-shconf'];
  const place = ['--file-prefix', PREFIX, '-l', '0-1'];
  const forwarding = ['--forward-mode', 'io', '--auto-start', '--total-num-mbufs', '8192'];
  // Without stdbuf it prints to a pipe only at its end.
  const program = namespace.start(
    'stdbuf',
    '-oL',
    'dpdk-testpmd',
    ...environment,
    ...place,
    ...devices,
    '--',
    ...forwarding,
  );
  const testpmd = new Testpmd(program);
  try {
    // After this line it waits for standard input.
    await program.said(/Press enter to exit/gi);
    return testpmd;
  } catch (error) {
    await testpmd[Symbol.asyncDispose]();
    throw error;
  }
}
