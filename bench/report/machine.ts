import { readFileSync } from 'node:fs';
import { availableParallelism, cpus, release, totalmem } from 'node:os';
import { RunningProgram, runProgram } from '../running-program.js';

/** What the figures depend on besides rtap. */
export interface Machine {
  readonly cores: number;
  /** Model of the processor. */
  readonly processor: string;
  /** What a system call costs that does nothing. */
  readonly systemCallNanoseconds: number;
  readonly memoryBytes: number;
  readonly kernel: string;
  /** Name of the operating system. */
  readonly system: string;
  /** Programs with their versions. */
  readonly versions: readonly string[];
  readonly date: string;
}

/** From here on a system call is dear: page tables are isolated, or the host takes part in it. */
const DEAR_NANOSECONDS = 500;

/** How each program prints its version. */
const VERSION_COMMANDS: readonly (readonly [program: string, words: readonly string[], pattern: RegExp])[] = [
  ['gcc', ['--version'], /\) (\S+)/],
  ['dpdk-testpmd', ['-v', '--no-huge', '--no-pci', '--no-shconf', '--help'], /DPDK ([^\s']+)/],
  ['tcpreplay', ['--version'], /version: (\S+)/],
  ['tcpdump', ['--version'], /tcpdump version (\S+)/],
  ['iperf3', ['--version'], /iperf (\S+)/],
  ['ip', ['-V'], /iproute2-([^\s,]+)/],
  ['ping', ['-V'], /iputils (\S+)/],
];

/** @param systemCallProgram bench/c/system-call, compiled */
export async function describeMachine(rtapVersion: string, systemCallProgram: string): Promise<Machine> {
  const versions = [`rtap ${rtapVersion}`, `Node ${process.versions.node}`];
  for (const [program, words, pattern] of VERSION_COMMANDS) {
    const version = await versionOf(program, words, pattern);
    versions.push(version === undefined ? `no ${program}` : `${program} ${version}`);
  }
  return {
    cores: availableParallelism(),
    processor: cpus()[0]?.model.trim() ?? 'unknown',
    systemCallNanoseconds: Number(await runProgram(systemCallProgram)),
    memoryBytes: totalmem(),
    // Without the suffix of the distribution.
    kernel: `Linux ${/^[\d.]*\d/.exec(release())?.[0] ?? release()}`,
    system: systemName(),
    versions,
    date: new Date().toISOString().slice(0, 10),
  };
}

/**
 * Names the kind of a machine, by its processor and whether a system call is cheap or dear: what decides the ratios. Two
 * runs on one machine give the same name.
 */
export function kindOf({ processor, systemCallNanoseconds }: Machine): string {
  const model = processor.replace(/\((?:R|TM)\)/gi, '').replace(/\s+/g, ' ');
  return `${model}, ${systemCallNanoseconds < DEAR_NANOSECONDS ? 'cheap' : 'dear'} calls`;
}

/** Writes what a system call costs: `0.08 us`. */
export function writeCallCost({ systemCallNanoseconds }: Machine): string {
  return `${(systemCallNanoseconds / 1000).toFixed(2)} us`;
}

async function versionOf(
  program: string,
  words: readonly string[],
  pattern: RegExp,
): Promise<string | undefined> {
  try {
    const { stdout, stderr } = await new RunningProgram(program, words).end();
    return pattern.exec(`${stdout}${stderr}`)?.[1];
  } catch {
    return undefined;
  }
}

/** Source: os-release(5) */
function systemName(): string {
  return /^PRETTY_NAME="(.*)"$/m.exec(readFileSync('/etc/os-release', 'utf8'))?.[1] ?? 'unknown';
}
