import { LINKTYPE_ETHERNET } from '../../../packet/capture/pcap-format.js';
import { Segmentation } from '../../../packet/offload/segmentation.js';
import type { FrameBurst } from '../../../tap/memory/frame-burst.js';
import type { SendingDevice } from '../../../tap/queue/sending-device.js';
import type { TapQueue } from '../../../tap/queue/tap-queue.js';
import type { FrameSource } from '../sources/frame-source.js';
import type { Lateness } from './lateness.js';
import type { Ledger } from './ledger.js';
import type { PacingClock } from './pacing-clock.js';
import { copyHeader, type OffloadWishes, PreparedFrame } from './prepared-frame.js';
import { Scatter } from './scatter.js';

const ETHERNET_HEADER_BYTES = 14;
const VLAN_TAG_BYTES = 4;
const VLAN_TAGS_MAX = 2;
const ETHERTYPE_AT = 12;
const ETHERTYPE_VLAN = 0x8100;
const ETHERTYPE_QINQ = 0x88a8;

/** How the ledger counts a frame when it is accepted. A frame that was captured short is sent without header. */
const MARK_SHORT = 1;
const MARK_OFFLOADED = 2;

/** Memory for the pieces of a burst's frames. Bytes. */
const SCATTER_BYTES = 4 * 1024 * 1024;

export interface TransmissionOptions {
  /** Send frames that are longer than the MTU allows, too. */
  readonly oversize: boolean;
  readonly offloads: OffloadWishes;
  /** Pieces that each frame is sent in. */
  readonly segments: number;
  /** Records how late each frame left; undefined if frames have no due times. */
  readonly lateness: Lateness | undefined;
}

/** Puts frames into bursts, sends these, and counts in the ledger. */
export class Transmission implements Disposable {
  readonly #queue: TapQueue;
  readonly #burst: FrameBurst;
  readonly #scatter: Scatter | undefined;
  readonly #mtu: number;
  readonly #options: TransmissionOptions;
  readonly #clock: PacingClock;
  readonly #ledger: Ledger;
  readonly #prepared: PreparedFrame;
  readonly #segmentation = new Segmentation();
  /** When each frame of the burst was due. Seconds. */
  readonly #dues: Float64Array;
  /** For each frame of the burst 0 or a MARK_. */
  readonly #marks: Uint8Array;

  constructor(sending: SendingDevice, options: TransmissionOptions, clock: PacingClock, ledger: Ledger) {
    const { device, queue, link } = sending;
    this.#queue = queue;
    this.#burst = device.allocateBurst();
    this.#mtu = link.mtu;
    this.#options = options;
    this.#clock = clock;
    this.#ledger = ledger;
    this.#prepared = new PreparedFrame(options.offloads);
    this.#dues = new Float64Array(this.#burst.framesMax);
    this.#marks = new Uint8Array(this.#burst.framesMax);
    const { segments } = options;
    this.#scatter = segments > 1 ? new Scatter(device, this.#burst, segments, SCATTER_BYTES) : undefined;
  }

  /** Whether the device was deleted: it accepts nothing any more. */
  get gone(): boolean {
    return this.#queue.gone;
  }

  /**
   * Takes the source's current frame, which is due at `due` (seconds since the run began). It is sent with its burst, or by
   * `flush`.
   */
  add(source: FrameSource, due: number): void {
    const prepared = this.#prepared;
    this.#ledger.offered += 1;
    if (!source.ethernet) {
      this.#ledger.refusedTypes.add(source.linkType);
      this.#refuse('EPROTONOSUPPORT');
      return;
    }
    if (source.linkType !== LINKTYPE_ETHERNET) this.#ledger.converted.add(source.linkType);
    prepared.prepare(source);
    if (!this.#options.oversize && prepared.longestBytes > largestFrame(prepared.bytes, this.#mtu)) {
      this.#refuse('EMSGSIZE');
      return;
    }
    if (prepared.hasHeader) {
      if (this.#queue.headerBytes === 0) this.#appendFinished(due);
      else this.#append(prepared.bytes, due, MARK_OFFLOADED);
      return;
    }
    this.#append(prepared.bytes, due, prepared.bytes.length < source.originalLength ? MARK_SHORT : 0);
  }

  /** Sends the frames that wait. */
  flush(): void {
    const burst = this.#burst;
    if (burst.count === 0) return;
    this.#ledger.accepted += this.#queue.send(burst);
    const { lateness } = this.#options;
    const now = lateness === undefined ? 0 : this.#clock.seconds;
    for (let index = 0; index < burst.count; index++) {
      if (burst.results[index] !== 0) {
        this.#ledger.refuse(burst.refusal(index)!);
        continue;
      }
      this.#ledger.bytes += burst.lengths[index]!;
      const mark = this.#marks[index]!;
      if (mark === MARK_SHORT) this.#ledger.short += 1;
      else if (mark === MARK_OFFLOADED) this.#ledger.offloaded += 1;
      lateness?.record(now - this.#dues[index]!);
    }
    burst.clear();
  }

  [Symbol.dispose](): void {
    this.#scatter?.[Symbol.dispose]();
    this.#burst[Symbol.dispose]();
  }

  /** For a device without virtio-net header: does what would have been left to the kernel. */
  #appendFinished(due: number): void {
    const segmentation = this.#segmentation;
    const { bytes, header } = this.#prepared;
    if (!segmentation.begin(bytes, header)) {
      this.#refuse('EOPNOTSUPP');
      return;
    }
    if (segmentation.segmentCount > 1) {
      this.#ledger.cut += 1;
      this.#ledger.offered += segmentation.segmentCount - 1;
    }
    while (segmentation.next()) this.#append(segmentation.segment, due, 0);
  }

  #append(bytes: Uint8Array, due: number, mark: number): void {
    if (!this.#put(bytes)) {
      this.flush();
      if (!this.#put(bytes)) {
        this.#refuse('EMSGSIZE');
        return;
      }
    }
    const index = this.#burst.count - 1;
    this.#dues[index] = due;
    this.#marks[index] = mark;
    if (mark === MARK_OFFLOADED) copyHeader(this.#prepared.header, this.#burst.facts(index));
  }

  #put(bytes: Uint8Array): boolean {
    return this.#scatter === undefined ? this.#burst.append(bytes) : this.#scatter.append(bytes);
  }

  #refuse(code: string): void {
    this.#queue.countRefused();
    this.#ledger.refuse(code);
  }
}

/** Most bytes of a frame: the MTU, the Ethernet header, and its VLAN tags. */
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
