import type { CreationOptions } from '../src/tap/device/device-creation.js';
import { PrivateNamespace } from './private-namespace.js';

/** Two network namespaces, between which frames are forwarded. */
export class TwoNamespaces implements Disposable {
  readonly near = PrivateNamespace.make();
  readonly far = PrivateNamespace.make();

  /**
   * Makes a TAP called `name` with the same options in each. Their addresses are 10.0.`network`.1 (near) and .2
   * (far).
   */
  async makeTaps(name: string, network: number, options: CreationOptions): Promise<void> {
    for (const [namespace, host] of this.#ends) {
      namespace.makeTap(name, options);
      await namespace.configure(name, `10.0.${network}.${host}/24`);
    }
  }

  /** Makes a veth pair. Each namespace has an end called `name`, with addresses as above. */
  async makeVethPair(name: string, network: number): Promise<void> {
    const peer = ['peer', 'name', name, 'netns', this.far.path];
    await this.near.run('ip', 'link', 'add', name, 'type', 'veth', ...peer);
    for (const [namespace, host] of this.#ends) await namespace.configure(name, `10.0.${network}.${host}/24`);
  }

  /** The near one and the far one. */
  get both(): readonly PrivateNamespace[] {
    return [this.near, this.far];
  }

  get #ends() {
    return [
      [this.near, 1],
      [this.far, 2],
    ] as const;
  }

  [Symbol.dispose](): void {
    this.near[Symbol.dispose]();
    this.far[Symbol.dispose]();
  }
}
