import type { Link } from '../../src/netlink/link.js';
import { Links } from '../../src/netlink/links.js';
import type { Descriptor } from '../../src/sys/descriptor.js';
import { MappedMemory } from '../../src/sys/mapped-memory.js';
import { IFF_MULTI_QUEUE, IFF_NO_PI, IFF_TAP, openTun, setTunInterface } from '../../src/sys/tun.js';
import { Ring } from '../../src/uring/ring.js';
import { fillTransfer, IOSQE_FIXED_FILE, RWF_NOWAIT, sqeHead } from '../../src/uring/sqe.js';

export const SLOT_BYTES = 2048;
const ETHERTYPE_LOCAL = [0x88, 0xb5];
const MARK = 14;

/** A completion: its slot, and the kernel's result. */
export type Completed = readonly [slot: number, result: number];

/** Attaches a queue without virtio-net header to the device `name`, which is made when it does not exist. */
export function attachTap(name: string): Descriptor {
  const purpose = { action: 'attach to', object: name };
  const descriptor = openTun(purpose);
  setTunInterface(descriptor.fd, name, IFF_TAP | IFF_NO_PI | IFF_MULTI_QUEUE, purpose);
  return descriptor;
}

/** The device `name` as rtnetlink shows it. Throws if there is none. */
export function readLink(name: string): Link {
  using links = Links.open();
  const link = links.byName(name);
  if (link === undefined) throw new Error(`no link ${name}`);
  return link;
}

/** A broadcast Ethernet frame whose first payload byte is `mark`. */
export function markedFrame(mark: number, length = 64): Uint8Array {
  const frame = new Uint8Array(length);
  frame.fill(0xff, 0, 6);
  frame.set([2, 0, 0, 0, 0, 1], 6);
  frame.set(ETHERTYPE_LOCAL, MARK - 2);
  frame[MARK] = mark;
  return frame;
}

/** One queue of a TAP, registered with a ring of its own, and memory for a burst: transfers by hand. */
export class RingTap implements Disposable {
  readonly tap: Descriptor;
  readonly ring: Ring;
  readonly memory: MappedMemory;
  readonly file: number;

  constructor(name: string, entries: number) {
    this.tap = attachTap(name);
    this.ring = Ring.open(entries);
    this.memory = MappedMemory.anonymous(entries * SLOT_BYTES);
    this.file = this.ring.registerFile(this.tap.fd);
  }

  slot(index: number): Uint8Array {
    return this.memory.bytes.subarray(index * SLOT_BYTES, (index + 1) * SLOT_BYTES);
  }

  /** `payload[0]` of the frame in a slot. */
  mark(index: number): number {
    return this.slot(index)[MARK]!;
  }

  /** Queues a transfer of slot `index`; nothing happens before `submit`. */
  queue(opcode: number, index: number, length = SLOT_BYTES, file = this.file): void {
    const { submission } = this.ring;
    const address = this.memory.address + index * SLOT_BYTES;
    const head = sqeHead(opcode, IOSQE_FIXED_FILE);
    fillTransfer(submission.words, submission.take(), head, file, address, length, RWF_NOWAIT, index);
  }

  /** What has completed so far, without waiting. */
  reap(): Completed[] {
    const { completion } = this.ring;
    const completed: Completed[] = [];
    while (completion.next()) completed.push([completion.userData, completion.result]);
    completion.release();
    return completed;
  }

  [Symbol.dispose](): void {
    this.ring[Symbol.dispose]();
    this.memory[Symbol.dispose]();
    this.tap[Symbol.dispose]();
  }
}
