import type { TapDevice } from '../../../src/tap/queue/tap-device.js';
import { openTap } from '../offloading-tap.js';
import { startPeer } from '../peer.js';

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
