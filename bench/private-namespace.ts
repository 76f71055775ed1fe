import { writeFileSync } from 'node:fs';
import type { Link } from '../src/netlink/link.js';
import { IFF_RUNNING } from '../src/netlink/link-flags.js';
import { Links } from '../src/netlink/links.js';
import { Descriptor, O_RDONLY } from '../src/sys/descriptor.js';
import {
  enterNetworkNamespace,
  enterNewNetworkNamespace,
  withinNetworkNamespace,
} from '../src/sys/network-namespace.js';
import { CreatedDevice, type CreationOptions } from '../src/tap/device/device-creation.js';
import { RunningProgram } from './running-program.js';

const CARRIER_TIMEOUT_MS = 10_000;

/**
 * A network namespace of the bench, without IPv6, so that the kernel sends nothing of its own. It lasts until it is
 * disposed and no program is left in it. Its devices vanish with it.
 */
export class PrivateNamespace implements Disposable {
  readonly #file: Descriptor;

  private constructor(file: Descriptor) {
    this.#file = file;
  }

  static make(): PrivateNamespace {
    const file = withinNetworkNamespace(enterNewNetworkNamespace, () =>
      Descriptor.open('/proc/thread-self/ns/net', O_RDONLY, { action: 'keep', object: 'network namespace' }),
    );
    const made = new PrivateNamespace(file);
    made.within(() => {
      writeFileSync('/proc/sys/net/ipv6/conf/default/disable_ipv6', '1');
      writeFileSync('/proc/sys/net/ipv6/conf/all/disable_ipv6', '1');
    });
    return made;
  }

  /** The path by which other programs find it, for `--netns` and ip(8). */
  get path(): string {
    return `/proc/${process.pid}/fd/${this.#file.fd}`;
  }

  /** Returns what `run` returns, run in the namespace. `run` must be synchronous. */
  within<T>(run: () => T): T {
    const purpose = { action: 'enter', object: 'network namespace' };
    return withinNetworkNamespace(() => enterNetworkNamespace(this.path, purpose), run);
  }

  /** Starts a program in it. */
  start(program: string, ...words: readonly string[]): RunningProgram {
    return this.within(() => new RunningProgram(program, words));
  }

  /** Runs a program in it to its end. Returns what it printed. Throws an Error if its exit code is not 0. */
  run(program: string, ...words: readonly string[]): Promise<string> {
    return this.start(program, ...words).succeed();
  }

  /** Makes a TAP that is up, with one queue by default. It exists as long as the namespace. */
  makeTap(name: string, options: CreationOptions = {}): void {
    this.within(() => {
      using created = CreatedDevice.create(name, { queueCount: 1, up: true, ...options });
      created.makePersistent();
    });
  }

  /** Makes a TAP with one attached queue that is not read. It exists until the result is disposed. */
  holdTap(name: string): CreatedDevice {
    return this.within(() => CreatedDevice.create(name, { queueCount: 1, up: true }));
  }

  /** Waits for the carrier of the device `name` after an attach: frames that come before are lost. */
  untilRunning(name: string): Promise<void> {
    return this.#untilFlag(name, IFF_RUNNING);
  }

  /**
   * Waits until no queue of the device `name` is attached: a ring keeps its queue attached for some time after its
   * process has ended.
   */
  untilIdle(name: string): Promise<void> {
    return this.#untilFlag(name, 0);
  }

  /** Returns how many frames the kernel has received from the device `name` so far. */
  framesReceived(name: string): number {
    return this.#link(name).stats64.rx.packets;
  }

  /** Gives the device `name` an address, and sets it up. */
  async configure(name: string, address: string): Promise<void> {
    await this.run('ip', 'address', 'add', address, 'dev', name);
    await this.run('ip', 'link', 'set', name, 'up');
  }

  [Symbol.dispose](): void {
    this.#file[Symbol.dispose]();
  }

  async #untilFlag(name: string, running: number): Promise<void> {
    const deadline = performance.now() + CARRIER_TIMEOUT_MS;
    while ((this.#link(name).flags & IFF_RUNNING) !== running) {
      if (performance.now() > deadline) throw new Error(`the carrier of ${name} does not change`);
      await new Promise((resolve) => setTimeout(resolve, 1));
    }
  }

  #link(name: string): Link {
    return this.within(() => {
      using links = Links.open();
      const link = links.byName(name);
      if (link === undefined) throw new Error(`there is no device ${name}`);
      return link;
    });
  }
}
