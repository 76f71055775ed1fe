import type { ExecutionContext } from 'ava';
import type { TapDevice } from '../../../src/tap/queue/tap-device.js';
import { ip } from '../../netlink/iproute2.js';
import { done } from '../command.js';
import { eventually } from '../deadline.js';
import { openTap } from '../offloading-tap.js';
import { startPeer } from '../peer.js';
import { readLink } from '../ring-tap.js';

const FLOWS = 1000;

/** What `steered_frames.py` says of a frame that it sent. */
export interface SentFrame {
  readonly n: number;
  readonly kind: string;
  /** Addresses as decimal numbers; absent in a frame without IP. */
  readonly src?: string;
  readonly dst?: string;
  /** Absent in a frame without ports, and in fragments. */
  readonly sport?: number;
  readonly dport?: number;
  readonly vlan?: number;
}

/** Which frames to send: see steered_frames.py. */
export interface SentKinds {
  readonly kinds: readonly string[];
  /** @default none */
  readonly tags?: string;
  /** @default 1 */
  readonly seed?: number;
  /** Exchanges source and destination. @default false */
  readonly swap?: boolean;
  /** The device to send out of, if it is another one, such as a VLAN device. */
  readonly through?: string;
  /** Id of a process in whose network namespace frames are sent. */
  readonly netns?: string;
}

/** A frame, and the number of the queue that it came out of; undefined if it came out of none. */
export type SteeredFrame = SentFrame & { readonly queue: number | undefined };

/** A device all of whose queues this process reads. */
export class SteeredDevice implements Disposable {
  readonly name: string;
  readonly #device: TapDevice;

  private constructor(device: TapDevice) {
    this.name = device.name;
    this.#device = device;
  }

  /** Attaches all queues of the device `name`, or borrows them from its holder, and waits for its carrier. */
  static async open(name: string): Promise<SteeredDevice> {
    return new SteeredDevice(await openTap(name));
  }

  /** Sends `count` frames of each kind out of the device. Returns each with the number of the queue that it came out of. */
  async send(count: number, { kinds, tags = '-', seed = 1, swap = false, through, netns }: SentKinds) {
    this.drain();
    const words = [through ?? this.name, kinds.join(), tags, count, seed, ...(swap ? ['swap'] : [])];
    const { code, stdout, stderr } = await startPeer('steered_frames.py', words, { netns }).ended();
    if (code !== 0) throw new Error(stderr);
    const queues = this.drain();
    const sent = stdout
      .split('\n')
      .filter(Boolean)
      .map((line) => JSON.parse(line) as SentFrame);
    return sent.map((frame) => ({ ...frame, queue: queues.get(frame.n) }));
  }

  /** Takes all frames that wait. Returns the queue of each, by the number at the end of the frame. */
  drain(): ReadonlyMap<number, number> {
    using burst = this.#device.allocateBurst();
    const queues = new Map<number, number>();
    for (const queue of this.#device.queues) {
      while (queue.receive(burst) > 0) {
        for (let index = 0; index < burst.count; index++) {
          const frame = burst.frame(index);
          const view = new DataView(frame.buffer, frame.byteOffset + frame.length - 4, 4);
          queues.set(view.getUint32(0), queue.number);
        }
      }
    }
    return queues;
  }

  [Symbol.dispose](): void {
    this.#device[Symbol.dispose]();
  }
}

/** Makes a device with long queues, so that one queue has room for all frames. */
export async function makeDevice(name: string, queues: number): Promise<SteeredDevice> {
  await done('create', name, '--persist', '--up', '--queues', String(queues), '--txqueuelen', '20000');
  return await SteeredDevice.open(name);
}

/** Sends frames and compares the queue of each with what `queueOf` expects. */
export async function assertQueues(
  t: ExecutionContext,
  device: SteeredDevice,
  sent: SentKinds & { readonly count?: number },
  queueOf: (frame: SentFrame) => number,
): Promise<void> {
  const frames = await device.send(sent.count ?? FLOWS, sent);
  const wrong = frames.filter((frame) => frame.queue !== queueOf(frame));
  t.is(frames.length, (sent.count ?? FLOWS) * sent.kinds.length);
  t.deepEqual(wrong, [], JSON.stringify(sent));
}

/** Makes a bridge with `device` and a veth pair, whose end `left…` takes frames. What comes over a bridge has its outer tag beside it. */
export async function bridge(device: SteeredDevice): Promise<string> {
  const [left, right, bridged] = [`l${device.name}`, `r${device.name}`, `b${device.name}`];
  ip(`link add ${bridged} type bridge mcast_snooping 0`, `link add ${left} type veth peer name ${right}`);
  for (const name of [right, device.name]) ip(`link set ${name} master ${bridged}`);
  for (const name of [bridged, left, right]) ip(`link set ${name} up`);
  await eventually(() => readLink(left).carrier && readLink(bridged).carrier, 'the bridge');
  const arrives = async () =>
    (await device.send(1, { kinds: ['arp'], through: left }))[0]?.queue !== undefined;
  while (!(await arrives()));
  return left;
}
