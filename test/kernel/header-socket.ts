import { runPeer, startPeer } from './peer.js';
import type { RunningProcess } from './running-process.js';

/** A frame and its virtio-net header, in hex. */
export interface FrameWithHeader {
  /** The virtio-net header: the machine's order from a socket, little-endian from a file. 10 bytes; '-' for none. */
  readonly header: string;
  readonly hex: string;
  /** Of a file: whether the checksum that the header leaves unfinished is finished in the frame. */
  readonly checksumFinished: boolean;
}

/** An AF_PACKET socket with PACKET_VNET_HDR on a device: it sees unfinished frames and takes none. */
export class HeaderSocket {
  readonly #process: RunningProcess;

  private constructor(process: RunningProcess) {
    this.#process = process;
  }

  /** Looks at what the kernel receives from `device` (`in`) or sends out of it. */
  static async open(device: string, direction: 'in' | 'out'): Promise<HeaderSocket> {
    const process = startPeer('facts_socket.py', [device, direction], { inputOpen: true });
    await process.waitFor(/^ready$/m, 'stderr');
    return new HeaderSocket(process);
  }

  /** Everything it saw; the socket is closed. */
  async close(): Promise<FrameWithHeader[]> {
    this.#process.endInput();
    const { stdout } = await this.#process.ended();
    return linesOf(stdout).map(([header = '', hex = '']) => ({ header, hex, checksumFinished: false }));
  }
}

/** What a pcapng says of its packets, read without rtap's reader. */
export async function pcapngHeadersOf(path: string): Promise<FrameWithHeader[]> {
  const lines = linesOf(await runPeer('pcapng_facts.py', path));
  return lines.map(([state = '-', header = '-', hex = '']) => ({
    header: header.slice(0, 20),
    hex,
    checksumFinished: state === '01',
  }));
}

/** A header without its second field, the number of bytes that the kernel keeps in one piece: the kernel may choose it. */
export function withoutHeaderBytes(header: string): string {
  return `${header.slice(0, 4)}....${header.slice(8)}`;
}

function linesOf(text: string): string[][] {
  return text
    .split('\n')
    .filter(Boolean)
    .map((line) => line.split(' '));
}
