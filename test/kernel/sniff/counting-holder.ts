import { startPeer } from '../peer.js';
import type { RunningProcess } from '../running-process.js';

/** What a program has read from each queue of a device, and written into each. */
export interface QueueCounts {
  readonly read: readonly number[];
  readonly written: readonly number[];
}

/** A Python program that holds the queues of a device, reads them all, counts, and writes on request. */
export class CountingHolder {
  readonly #process: RunningProcess;
  #answers = 0;

  private constructor(process: RunningProcess) {
    this.#process = process;
  }

  /** Attaches `queueCount` queues of `device`. */
  static async start(device: string, queueCount: number): Promise<CountingHolder> {
    const process = startPeer('counting_holder.py', [device, queueCount], { inputOpen: true });
    await process.waitFor(/^ready$/m);
    return new CountingHolder(process);
  }

  get pid(): number {
    return this.#process.pid;
  }

  /** Writes `count` frames of `flows` flows into the queues in turn. */
  async write(count: number, flows: number): Promise<void> {
    await this.#ask(`write ${count} ${flows}`);
  }

  /** Writes `count` frames with the VLAN tag `id`. */
  async writeTagged(count: number, id: number): Promise<void> {
    await this.#ask(`vlan ${count} ${id}`);
  }

  /** Attaches `count` more queues. */
  async attach(count: number): Promise<void> {
    await this.#ask(`attach ${count}`);
  }

  async counts(): Promise<QueueCounts> {
    return JSON.parse(await this.#ask('counts')) as QueueCounts;
  }

  async end(): Promise<void> {
    this.#process.endInput();
    await this.#process.ended();
  }

  async #ask(command: string): Promise<string> {
    this.#process.write(`${command}\n`);
    this.#answers += 1;
    const [lines] = await this.#process.waitFor(new RegExp(`^ready\\n(.*\\n){${this.#answers}}`));
    return lines.trimEnd().split('\n').at(-1)!;
  }
}
