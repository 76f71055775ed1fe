import type { FrameBurst } from '../../tap/frame-burst.js';
import type { SendingDevice } from '../../tap/sending.js';
import type { TapQueue } from '../../tap/tap-queue.js';
import type { FrameSource } from './frame-source.js';
import type { Ledger } from './ledger.js';

const ETHERNET_HEADER_BYTES = 14;
const VLAN_TAG_BYTES = 4;
const VLAN_TAGS_MAX = 2;
const ETHERTYPE_AT = 12;
const ETHERTYPE_VLAN = 0x8100;
const ETHERTYPE_QINQ = 0x88a8;

/** Puts frames into bursts, sends these, and keeps the ledger. */
export class Transmission implements Disposable {
  readonly #queue: TapQueue;
  readonly #burst: FrameBurst;
  readonly #mtu: number;
  readonly #oversize: boolean;
  readonly #ledger: Ledger;

  constructor({ device, queue, link }: SendingDevice, oversize: boolean, ledger: Ledger) {
    this.#queue = queue;
    this.#burst = device.allocateBurst();
    this.#mtu = link.mtu;
    this.#oversize = oversize;
    this.#ledger = ledger;
  }

  /** Whether the device was deleted: nothing is accepted any more. */
  get gone(): boolean {
    return this.#queue.gone;
  }

  /** Takes the source's current frame; it is sent with its burst, or by `flush`. */
  add(source: FrameSource): void {
    const { frame } = source;
    this.#ledger.offered += 1;
    if (!source.ethernet) this.#refuse('EPROTONOSUPPORT');
    else if (!this.#oversize && frame.length > largestFrame(frame, this.#mtu)) this.#refuse('EMSGSIZE');
    else this.#append(frame, source.originalLength);
  }

  /** Sends what is waiting. */
  flush(): void {
    const burst = this.#burst;
    if (burst.count === 0) return;
    const accepted = this.#queue.send(burst);
    this.#ledger.accepted += accepted;
    for (let index = 0; index < burst.count; index++) {
      const refusal = burst.refusal(index);
      if (refusal === undefined) this.#ledger.bytes += burst.lengths[index]!;
      else this.#ledger.refuse(refusal);
    }
    burst.clear();
  }

  [Symbol.dispose](): void {
    this.#burst[Symbol.dispose]();
  }

  #append(frame: Uint8Array, originalLength: number): void {
    if (frame.length < originalLength) this.#ledger.short += 1;
    if (this.#burst.append(frame)) return;
    this.flush();
    if (!this.#burst.append(frame)) this.#refuse('EMSGSIZE');
  }

  #refuse(code: string): void {
    this.#queue.countRefused();
    this.#ledger.refuse(code);
  }
}

/** Bytes that a frame may have: the MTU, the Ethernet header, and its VLAN tags. */
function largestFrame(frame: Uint8Array, mtu: number): number {
  let bytes = mtu + ETHERNET_HEADER_BYTES;
  for (let tag = 0; tag < VLAN_TAGS_MAX; tag++) {
    const at = ETHERTYPE_AT + tag * VLAN_TAG_BYTES;
    const type = (frame[at] ?? 0) * 256 + (frame[at + 1] ?? 0);
    if (type !== ETHERTYPE_VLAN && type !== ETHERTYPE_QINQ) break;
    bytes += VLAN_TAG_BYTES;
  }
  return bytes;
}
