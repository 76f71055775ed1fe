import { startTestpmd } from './testpmd.js';
import type { TwoNamespaces } from './two-namespaces.js';

/** A way to carry frames between the two namespaces. */
export interface ForwardingPath {
  readonly label: string;
  readonly programs: readonly string[];
  /** Third byte of the addresses 10.0.x.1 (near) and 10.0.x.2 (far). */
  readonly network: number;
  /** The name of its device in both namespaces. Undefined if it has others. */
  readonly device: string | undefined;
  /** Settles when frames are carried. They are until the result is disposed. */
  open(): Promise<OpenPath>;
}

export interface OpenPath extends AsyncDisposable {
  /** The program that carries the frames, if there is one. */
  readonly pid?: number;
}

/** Returns a command that runs only on the core with the number `core`. */
export function pinned(core: number, ...command: readonly string[]): [string, ...string[]] {
  return ['taskset', '-c', String(core), ...command];
}

/** What carries frames between a TAP of the near namespace and one with the same name of the far one. */
interface Carrier {
  readonly label: string;
  readonly command: readonly [string, ...string[]];
  /** What it prints when it carries frames. */
  readonly greeting: RegExp;
}

/** Names of the TAPs, and the third byte of their addresses. */
const TAPS = { on0: 1, off0: 2 } as const;
const VETH_NETWORK = 3;
const TESTPMD_NETWORK = 4;

/** Makes the TAPs of `rtapPath` and `ringPath`: `on0` with the offloads that the kernel knows, `off0` with none. */
export async function makeForwardedTaps(spaces: TwoNamespaces): Promise<void> {
  await spaces.makeTaps('on0', TAPS.on0, {});
  await spaces.makeTaps('off0', TAPS.off0, { offloads: [] });
}

/** A veth pair: no program carries the frames. */
export async function makeVethPath(spaces: TwoNamespaces): Promise<ForwardingPath> {
  await spaces.makeVethPair('veth0', VETH_NETWORK);
  const open = async () => ({ [Symbol.asyncDispose]: async () => {} });
  return { label: 'veth pair', programs: [], network: VETH_NETWORK, device: 'veth0', open };
}

/** `rtap fwd` without options. `command` starts rtap. */
export function rtapPath(
  spaces: TwoNamespaces,
  device: keyof typeof TAPS,
  command: readonly [string, ...string[]],
): ForwardingPath {
  return tapPath(spaces, device, {
    label: 'rtap fwd',
    command: [...command, 'fwd', device, device, '--peer-netns', spaces.far.path],
    greeting: /^fwd: .* <-> /gm,
  });
}

/** The forwarder in C, which `command` starts. */
export function ringPath(
  spaces: TwoNamespaces,
  device: keyof typeof TAPS,
  command: readonly [string, ...string[]],
): ForwardingPath {
  return tapPath(spaces, device, {
    label: 'liburing in C',
    command: [...command, device, device, spaces.far.path],
    greeting: /^forwarding$/gm,
  });
}

function tapPath(spaces: TwoNamespaces, device: keyof typeof TAPS, carrier: Carrier): ForwardingPath {
  const { label, command, greeting } = carrier;
  const open = async () => {
    // A queue of a process that has ended would still take frames.
    await Promise.all(spaces.both.map((space) => space.untilIdle(device)));
    const program = spaces.near.start(...command);
    return await opened(program, async () => {
      await program.said(greeting);
      await Promise.all(spaces.both.map((space) => space.untilRunning(device)));
    });
  };
  return { label, programs: [], network: TAPS[device], device, open };
}

/** testpmd between two TAPs of its own. One of them is moved to the far namespace. */
export function testpmdPath(spaces: TwoNamespaces): ForwardingPath {
  const open = async () => {
    const testpmd = await startTestpmd(spaces.near, ['dpdk0', 'dpdk1']);
    return await opened(testpmd, async () => {
      await spaces.near.run('ip', 'link', 'set', 'dpdk1', 'netns', spaces.far.path);
      await spaces.near.configure('dpdk0', `10.0.${TESTPMD_NETWORK}.1/24`);
      await spaces.far.configure('dpdk1', `10.0.${TESTPMD_NETWORK}.2/24`);
      await testpmd.settle();
    });
  };
  const label = 'testpmd io, two net_tap';
  return { label, programs: ['dpdk-testpmd'], network: TESTPMD_NETWORK, device: undefined, open };
}

/** Returns `path` once `prepare` has ended, and disposes it if that fails. */
async function opened<T extends AsyncDisposable>(path: T, prepare: () => Promise<void>): Promise<T> {
  try {
    await prepare();
    return path;
  } catch (error) {
    await path[Symbol.asyncDispose]();
    throw error;
  }
}
