import { startTestpmd } from './testpmd.js';
import type { TwoNamespaces } from './two-namespaces.js';

/** A way to carry frames between the two namespaces. */
export interface ForwardingPath {
  readonly label: string;
  readonly programs: readonly string[];
  /** Third byte of the addresses 10.0.x.1 (near) and 10.0.x.2 (far). */
  readonly network: number;
  /** Settles when frames are carried. They are until the result is disposed. */
  open(): Promise<AsyncDisposable>;
}

/** A veth pair: no program carries the frames. */
export function vethPath(): ForwardingPath {
  return {
    label: 'veth pair',
    programs: [],
    network: 3,
    open: async () => ({ [Symbol.asyncDispose]: async () => {} }),
  };
}

/** `rtap fwd` without options between the devices `device` of both namespaces. */
export function rtapPath(
  spaces: TwoNamespaces,
  command: string,
  path: Pick<ForwardingPath, 'label' | 'network'> & { readonly device: string },
): ForwardingPath {
  const { label, network, device } = path;
  const open = async () => {
    const program = spaces.near.start(command, 'fwd', device, device, '--peer-netns', spaces.far.path);
    try {
      await program.said(/^fwd: .* <-> /gm);
    } catch (error) {
      await program.stop();
      throw error;
    }
    return { [Symbol.asyncDispose]: async () => void (await program.stop()) };
  };
  return { label, programs: [], network, open };
}

/** testpmd between two TAPs of its own. One of them is moved to the far namespace. */
export function testpmdPath(spaces: TwoNamespaces): ForwardingPath {
  const open = async () => {
    const testpmd = await startTestpmd(spaces.near, { mode: 'io', devices: ['dpdk0', 'dpdk1'] });
    try {
      await spaces.near.run('ip', 'link', 'set', 'dpdk1', 'netns', spaces.far.path);
      await spaces.near.configure('dpdk0', '10.0.4.1/24');
      await spaces.far.configure('dpdk1', '10.0.4.2/24');
      await testpmd.settle();
    } catch (error) {
      await testpmd[Symbol.asyncDispose]();
      throw error;
    }
    return testpmd;
  };
  return { label: 'testpmd io, two net_tap', programs: ['dpdk-testpmd'], network: 4, open };
}
