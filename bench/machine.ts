import { readFileSync } from 'node:fs';
import { availableParallelism, cpus, release, totalmem } from 'node:os';
import { RunningProgram } from './running-program.js';

/** What the figures depend on besides rtap. */
export interface Machine {
  readonly processor: string;
  readonly memoryBytes: number;
  readonly kernel: string;
  /** Name of the operating system. */
  readonly system: string;
  /** Programs with their versions. */
  readonly versions: readonly string[];
  readonly date: string;
}

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

export async function describeMachine(rtapVersion: string): Promise<Machine> {
  const versions = [`rtap ${rtapVersion}`, `Node ${process.versions.node}`];
  for (const [program, words, pattern] of VERSION_COMMANDS) {
    const version = await versionOf(program, words, pattern);
    versions.push(version === undefined ? `no ${program}` : `${program} ${version}`);
  }
  return {
    processor: `${availableParallelism()} cores, ${cpus()[0]?.model.trim() ?? 'unknown'}`,
    memoryBytes: totalmem(),
    // Without the suffix of the distribution.
    kernel: `Linux ${/^[\d.]*\d/.exec(release())?.[0] ?? release()}`,
    system: systemName(),
    versions,
    date: new Date().toISOString().slice(0, 10),
  };
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
