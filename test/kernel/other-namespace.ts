import { RunningProcess } from './running-process.js';

const SCRIPT = [
  'echo 1 >/proc/sys/net/ipv6/conf/default/disable_ipv6',
  'echo 1 >/proc/sys/net/ipv6/conf/all/disable_ipv6',
  'ip link set lo up',
  'echo ready',
  'read _',
].join('; ');

/** A second network namespace, without IPv6, so that the kernel sends nothing by itself. It lives as long as this process. */
export class OtherNamespace {
  readonly #process: RunningProcess;

  private constructor(process: RunningProcess) {
    this.#process = process;
  }

  static async make(): Promise<OtherNamespace> {
    const process = new RunningProcess('unshare', ['--net', 'sh', '-c', SCRIPT], { inputOpen: true });
    await process.waitFor(/ready/);
    return new OtherNamespace(process);
  }

  /** As --netns takes it: the id of a process. */
  get name(): string {
    return String(this.#process.pid);
  }

  /** Starts a program there. */
  start(program: string, ...words: readonly string[]): RunningProcess {
    return new RunningProcess('nsenter', ['-t', this.name, '-n', program, ...words]);
  }

  /** Runs a program there to its end and returns its standard output. Throws if it fails. */
  async run(program: string, ...words: readonly string[]): Promise<string> {
    const { code, stdout, stderr } = await this.start(program, ...words).ended();
    if (code !== 0) throw new Error(`${program} ${words.join(' ')}: exit ${code}\n${stderr}`);
    return stdout;
  }

  /** Ends its process. The namespace is gone then, unless another process is in it. */
  async end(): Promise<void> {
    this.#process.endInput();
    await this.#process.ended();
  }
}
