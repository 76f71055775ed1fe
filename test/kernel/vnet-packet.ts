import { startPeer } from './peer.js';
import type { RunningProcess } from './running-process.js';

/** A frame with its virtio-net header, as an AF_PACKET socket saw it. */
export interface VnetFrame {
  /** Ten bytes in the byte order of the machine. */
  readonly header: Buffer;
  readonly frame: Buffer;
}

/** An AF_PACKET socket with virtio-net headers on a device: it sees frames and takes none. */
export class VnetPacketSocket {
  readonly #process: RunningProcess;

  private constructor(process: RunningProcess) {
    this.#process = process;
  }

  /** @param netns id of a process in the network namespace of the device; default: ours */
  static async open(device: string, direction: 'in' | 'out', netns?: string): Promise<VnetPacketSocket> {
    const process = startPeer('vnet_packet.py', [device, direction], { inputOpen: true, netns });
    await process.waitFor(/^ready$/m, 'stderr');
    return new VnetPacketSocket(process);
  }

  /** Everything it saw; the socket is closed. */
  async close(): Promise<VnetFrame[]> {
    this.#process.endInput();
    const { code, stdout, stderr } = await this.#process.ended();
    if (code !== 0) throw new Error(stderr);
    return stdout.split('\n').filter(Boolean).map(frameOfLine);
  }
}

function frameOfLine(line: string): VnetFrame {
  const [header = '', frame = ''] = line.split(' ');
  return { header: Buffer.from(header, 'hex'), frame: Buffer.from(frame, 'hex') };
}
