import { ip } from '../netlink/iproute2.js';
import { done } from './command.js';
import { runPeer, startPeer } from './peer.js';
import type { RunningProcess } from './running-process.js';

let networks = 0;

/**
 * A device that the kernel sends UDP into: it has an address, and a neighbour that never answers. The kernel finishes its frames,
 * so that every program sees the same bytes.
 */
export class FlowDevice {
  readonly name: string;
  readonly #neighbour: string;

  private constructor(name: string, neighbour: string) {
    this.name = name;
    this.#neighbour = neighbour;
  }

  /** Makes it with `rtap create NAME --persist`, and switches it on unless it is to stay `down`. */
  static async create(
    name: string,
    { words = [], down = false }: { readonly words?: readonly string[]; readonly down?: boolean } = {},
  ): Promise<FlowDevice> {
    networks += 1;
    const network = `10.${networks}.0`;
    await done('create', name, '--persist', '--offload', 'none', ...(down ? [] : ['--up']), ...words);
    const device = new FlowDevice(name, `${network}.2`);
    ip(`addr add ${network}.1/24 dev ${name}`);
    if (!down) device.settle();
    return device;
  }

  /** Adds the neighbour again: the kernel deletes it when the device goes down. */
  settle(): void {
    ip(`neigh replace ${this.#neighbour} lladdr 02:00:00:00:00:02 dev ${this.name} nud permanent`);
  }

  /** Starts to send `count` frames of 50 bytes over `flows` flows, one every `intervalUs`; 0 frames: until `endInput`. */
  startSending(flows: number, count: number, intervalUs = 0): RunningProcess {
    return startPeer('udp_flows.py', [this.#neighbour, flows, count, intervalUs], { inputOpen: count === 0 });
  }

  /** Sends them all. */
  async send(flows: number, count: number, intervalUs = 0): Promise<void> {
    const { code, stderr } = await this.startSending(flows, count, intervalUs).ended();
    if (code !== 0) throw new Error(stderr);
  }
}

/** What a capture contains of the flows. */
export interface FlowCheck {
  readonly frames: number;
  readonly flows: number;
  /** Frames that came after a later one of their flow. */
  readonly reordered: number;
  readonly twice: number;
  /** Frames that belong to no flow. */
  readonly strange: number;
}

/** Checks a capture, in Python. */
export async function checkFlows(path: string): Promise<FlowCheck> {
  return JSON.parse(await runPeer('flow_check.py', path)) as FlowCheck;
}

/** The flow and sequence number of a frame in hex. */
export function stampOf(hex: string): string {
  return hex.slice(84, 100);
}
