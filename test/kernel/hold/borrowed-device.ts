import { readFileSync, writeSync } from 'node:fs';
import { getTunInterface, getVnetHeaderBytes, IFF_DETACH_QUEUE } from '../../../src/sys/tun.js';
import { type Offload, readOffloads } from '../../../src/tap/device/offloads.js';
import { HolderClient } from '../../../src/tap/lease/holder-client.js';
import { findTap } from '../../../src/tap/link/tap-link.js';
import { startPeer } from '../peer.js';
import type { RunningProcess } from '../running-process.js';

const PURPOSE = { action: 'try', object: 'queue' };
const HEADER_BYTES = 10;
const O_NONBLOCK = 0o4000;

/** What borrowers can change of a device. */
export interface Borrowed {
  /** Queues that the kernel gives no frames. */
  readonly detached: readonly number[];
  /** Queues whose reads wait. */
  readonly blocking: readonly number[];
  readonly headerBytes: number;
  readonly offloads: readonly Offload[];
}

/** A held device as the kernel has it, through descriptors that its holder lends to send into. */
export class BorrowedDevice {
  readonly #name: string;
  readonly #client: HolderClient;
  readonly #fds: readonly number[];
  readonly #watcher: RunningProcess;

  private constructor(name: string, client: HolderClient, watcher: RunningProcess) {
    const queues = Array.from({ length: client.greeting.queues }, (_, queue) => queue);
    this.#name = name;
    this.#client = client;
    this.#fds = client.borrowToSend(queues).descriptors.map(({ fd }) => fd);
    this.#watcher = watcher;
  }

  static async open(name: string): Promise<BorrowedDevice> {
    const client = HolderClient.findRunning(findTap(name, 'try'), 'try')!;
    const watcher = startPeer('queue_indexes.py', [name, client.greeting.queues], { inputOpen: true });
    await watcher.waitFor(/ready/, 'stderr');
    return new BorrowedDevice(name, client, watcher);
  }

  get state(): Borrowed {
    const fds = this.#fds;
    const isDetached = (fd: number) => (getTunInterface(fd, PURPOSE).flags & IFF_DETACH_QUEUE) !== 0;
    return {
      detached: [...fds.keys()].filter((queue) => isDetached(fds[queue]!)),
      blocking: [...fds.keys()].filter((queue) => isBlocking(fds[queue]!)),
      headerBytes: getVnetHeaderBytes(fds[0]!, PURPOSE),
      offloads: readOffloads(this.#name),
    };
  }

  /** The kernel's index of each queue, as an AF_PACKET socket sees frames that come from it. The header must have 10 bytes. */
  async indexes(): Promise<number[]> {
    const answers = this.#watcher.stdout.split('\n').length;
    for (const [queue, fd] of this.#fds.entries()) {
      const frame = Buffer.alloc(HEADER_BYTES + 60);
      frame.writeUInt16BE(0x88b5, HEADER_BYTES + 12);
      frame[HEADER_BYTES + 14] = queue;
      writeSync(fd, frame);
    }
    this.#watcher.write(`${this.#fds.length}\n`);
    await this.#watcher.waitFor(new RegExp(`^(.*\\n){${answers}}`));
    const found = JSON.parse(this.#watcher.stdout.split('\n')[answers - 1]!) as Record<string, number>;
    return this.#fds.map((_, queue) => found[queue]!);
  }

  async close(): Promise<void> {
    this.#client[Symbol.dispose]();
    this.#watcher.endInput();
    await this.#watcher.ended();
  }
}

function isBlocking(fd: number): boolean {
  const flags = /^flags:\s+(\d+)$/m.exec(readFileSync(`/proc/self/fdinfo/${fd}`, 'utf8'))![1]!;
  return (Number.parseInt(flags, 8) & O_NONBLOCK) === 0;
}

/** A borrower that changes the device: `changing_borrower.py`. */
export class ChangingBorrower {
  readonly process: RunningProcess;
  #answers = 0;

  private constructor(process: RunningProcess) {
    this.process = process;
  }

  /** Starts one that leases `queues` by the socket at `path`. */
  static async start(path: string, queues: readonly number[]): Promise<ChangingBorrower> {
    return ChangingBorrower.of(startPeer('changing_borrower.py', [path, queues.join()], { inputOpen: true }));
  }

  /** Takes one that was started otherwise, with its standard input open. */
  static async of(process: RunningProcess): Promise<ChangingBorrower> {
    await process.waitFor(/^lent$/m);
    return new ChangingBorrower(process);
  }

  /** Lets it do what these lines say, and waits until it has. */
  async do(...lines: readonly string[]): Promise<void> {
    this.#answers += lines.length;
    this.process.write(lines.map((line) => `${line}\n`).join(''));
    await this.process.waitFor(new RegExp(`^lent\\n(done\\n){${this.#answers}}`));
  }
}
