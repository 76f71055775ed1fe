import { availableParallelism, cpus, loadavg, release } from 'node:os';
import { plural } from '../output/plural.js';
import { packageVersion } from '../process/package-version.js';
import { liburingVersion } from '../process/version.js';

/** What the figures depend on besides rtap's code. */
export interface BenchMachine {
  readonly rtap: string;
  readonly node: string;
  readonly kernel: string;
  readonly liburing: string;
  readonly processor: string;
  /** Cores that this process may use. */
  readonly cores: number;
  /** Average number of processes that wanted a processor, in the minute before the bench began. */
  readonly load: number;
  /** When it began: ISO 8601, UTC. */
  readonly date: string;
}

/** Describes this machine for the report of `rtap bench`. */
export function readMachine(): BenchMachine {
  return {
    rtap: packageVersion(),
    node: process.versions.node,
    kernel: release(),
    liburing: liburingVersion(),
    processor: cpus()[0]?.model.trim() ?? 'unknown',
    cores: availableParallelism(),
    load: loadavg()[0] ?? 0,
    date: new Date().toISOString(),
  };
}

/** Describes the machine in lines that begin a report. */
export function describeMachine(machine: BenchMachine): string[] {
  const { rtap, node, kernel, liburing, processor, cores, load, date } = machine;
  return [
    `rtap ${rtap}, Node ${node}, Linux ${kernel}, liburing ${liburing}`,
    `${plural(cores, 'core')}, ${processor}, load ${load.toFixed(2)}, ${date.replace(/\.\d+Z$/, 'Z')}`,
  ];
}
