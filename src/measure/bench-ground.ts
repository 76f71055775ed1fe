import { writeFileSync } from 'node:fs';
import { Descriptor, O_RDONLY } from '../sys/descriptor.js';
import {
  enterNetworkNamespace,
  enterNewNetworkNamespace,
  withinNetworkNamespace,
} from '../sys/network-namespace.js';
import { BenchThread } from './threads/bench-thread.js';
import { Halt } from './threads/halt.js';

/**
 * Where the bench measures: the network namespace of this process, which must be private, a second namespace, and
 * threads. `haltAll` or the end of the process ends a measurement early, with what it has.
 */
export class BenchGround implements AsyncDisposable {
  /** Whether queues are attached with IFF_NAPI. */
  readonly napi: boolean;
  readonly #far: Descriptor;
  readonly #threads = new Map<string, BenchThread>();
  readonly #halts = new Set<Halt>();
  /** Without this, a thread that sleeps in the kernel would delay the end of the process. */
  readonly #atExit = () => this.haltAll();
  #wakeSleepers = () => {};
  readonly #halted = new Promise<void>((resolve) => {
    this.#wakeSleepers = resolve;
  });
  #isHalted = false;

  constructor({ napi = false }: { readonly napi?: boolean } = {}) {
    this.napi = napi;
    this.#far = withinNetworkNamespace(enterNewNetworkNamespace, () => {
      silence();
      return Descriptor.open('/proc/thread-self/ns/net', O_RDONLY, {
        action: 'keep',
        object: 'network namespace',
      });
    });
    silence();
    process.once('exit', this.#atExit);
  }

  /** Whether `haltAll` was called: what was measured since is worthless. */
  get halted(): boolean {
    return this.#isHalted;
  }

  /** Returns what `run` returns, run in the second namespace. `run` must be synchronous. */
  withinFar<T>(run: () => T): T {
    const purpose = { action: 'enter', object: 'network namespace' };
    const path = `/proc/thread-self/fd/${this.#far.fd}`;
    return withinNetworkNamespace(() => enterNetworkNamespace(path, purpose), run);
  }

  /** Returns the thread called `name`. A new one is in the network namespace that the caller is in now. */
  thread(name: string): BenchThread {
    const known = this.#threads.get(name);
    if (known !== undefined) return known;
    const thread = new BenchThread();
    this.#threads.set(name, thread);
    return thread;
  }

  /** Ends the threads. Their tasks must have ended. */
  async dismissThreads(): Promise<void> {
    const threads = [...this.#threads.values()];
    this.#threads.clear();
    await Promise.all(threads.map((thread) => thread[Symbol.asyncDispose]()));
  }

  /** Makes the halt of a measurement. Dispose it when its threads have ended. */
  halt(): Halt {
    const halt = new Halt();
    this.#halts.add(halt);
    if (this.#isHalted) halt.now();
    return halt;
  }

  /** Ends what is being measured, and what is begun later. */
  haltAll(): void {
    this.#isHalted = true;
    for (const halt of this.#halts) halt.now();
    this.#wakeSleepers();
  }

  /** Settles after `durationMs`, or when everything is halted. */
  async pause(durationMs: number): Promise<void> {
    let timer: NodeJS.Timeout | undefined;
    const elapsed = new Promise((resolve) => {
      timer = setTimeout(resolve, durationMs);
    });
    await Promise.race([elapsed, this.#halted]);
    clearTimeout(timer);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.haltAll();
    process.off('exit', this.#atExit);
    await this.dismissThreads();
    this.#far[Symbol.dispose]();
  }
}

/** Switches IPv6 off, so that the kernel sends nothing of its own. Where that is impossible it sends little. */
function silence(): void {
  for (const which of ['default', 'all']) {
    try {
      writeFileSync(`/proc/sys/net/ipv6/conf/${which}/disable_ipv6`, '1');
    } catch {
      // Read-only, or there is no IPv6. Frames that the bench did not make are recognised anyway.
    }
  }
}
