import { processorSecondsOf } from './processor-time.js';
import type { RunningProgram } from './running-program.js';

/** What rx-dump and tcpdump print on SIGUSR1 and at the end. */
const COUNT = /(\d+) packets? captured/g;

/** tcpdump hands over a block of its ring when it is full, or a second old. */
const BLOCK_MS = 1100;

/** A capture that runs and reports its counts. */
export class CapturingProgram implements AsyncDisposable {
  readonly #program: RunningProgram;
  #asked = 0;

  private constructor(program: RunningProgram) {
    this.#program = program;
  }

  /** Takes over a program that prints "listening" once it captures frames. */
  static async follow(program: RunningProgram): Promise<CapturingProgram> {
    const capturing = new CapturingProgram(program);
    try {
      await program.said(/listening/g);
      return capturing;
    } catch (error) {
      await capturing[Symbol.asyncDispose]();
      throw error;
    }
  }

  /** Returns the frames captured so far: `wanted`, or fewer if no more have come for a while. */
  async count(wanted: number): Promise<number> {
    for (let before = -1; ; ) {
      const now = await this.#ask();
      if (now === before || now >= wanted) return now;
      before = now;
      await new Promise((resolve) => setTimeout(resolve, BLOCK_MS));
    }
  }

  processorSeconds(): number {
    return processorSecondsOf(this.#program.pid);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#program.stop();
  }

  async #ask(): Promise<number> {
    this.#asked += 1;
    this.#program.signal('SIGUSR1');
    return Number((await this.#program.said(COUNT, this.#asked)).at(-1)![1]);
  }
}
