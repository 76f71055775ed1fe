import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { type ProcessOptions, RunningProcess } from './running-process.js';

export interface PeerOptions extends ProcessOptions {
  /** Id of a process in whose network namespace it runs. @default ours */
  readonly netns?: string | undefined;
}

/** Starts the Python program `script` of test/peers. */
export function startPeer(
  script: string,
  words: readonly (string | number)[],
  { netns, ...options }: PeerOptions = {},
): RunningProcess {
  const path = fileURLToPath(new URL(`../peers/${script}`, import.meta.url));
  const program = ['python3', path, ...words.map(String)];
  const [first, ...rest] = netns === undefined ? program : ['nsenter', '-t', netns, '-n', ...program];
  return new RunningProcess(first!, rest, options);
}

/** Runs it to its end and returns its standard output. Throws if it fails. */
export async function runPeer(script: string, ...words: readonly (string | number)[]): Promise<string> {
  const { code, stdout, stderr } = await startPeer(script, words).ended();
  if (code !== 0) throw new Error(`${script}: exit ${code}\n${stderr}`);
  return stdout;
}

/** Runs another project's tool to its end and returns its standard output. Throws if it fails. */
export function runTool(program: string, ...words: readonly string[]): string {
  const { status, stdout, stderr } = spawnSync(program, words, { encoding: 'utf8', maxBuffer: 2 ** 28 });
  if (status !== 0) throw new Error(`${program} ${words.join(' ')}: exit ${status}\n${stderr}`);
  return stdout;
}

/** A frame as an AF_PACKET socket saw it. */
export interface SeenFrame {
  /** Seconds since 1970. */
  readonly seconds: number;
  readonly hex: string;
}

/** An AF_PACKET socket on a device: it sees frames and takes none. */
export class PacketSocket {
  readonly #process: RunningProcess;

  private constructor(process: RunningProcess) {
    this.#process = process;
  }

  /** Sees the frames that the kernel receives from `device` (`in`) or sends out of it (`out`), of one queue if `queue` is given. */
  static async open(device: string, direction: 'in' | 'out', queue?: number): Promise<PacketSocket> {
    const words = [device, direction, ...(queue === undefined ? [] : [queue])];
    const process = startPeer('packet_socket.py', words, { inputOpen: true });
    await process.waitFor(/^ready$/m, 'stderr');
    return new PacketSocket(process);
  }

  /** Everything it saw; the socket is closed. */
  async close(): Promise<SeenFrame[]> {
    this.#process.endInput();
    const { stdout } = await this.#process.ended();
    return stdout.split('\n').filter(Boolean).map(seenFrame);
  }
}

function seenFrame(line: string): SeenFrame {
  const [seconds = '', hex = ''] = line.split(' ');
  return { seconds: Number(seconds), hex };
}
