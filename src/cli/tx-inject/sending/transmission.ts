import { LINKTYPE_ETHERNET } from '../../../packet/capture/pcap-format.js';
import {
  ETH_HLEN,
  ETH_P_8021AD,
  ETH_P_8021Q,
  ETH_PROTO,
  VLAN_HLEN,
} from '../../../packet/headers/ethernet-header.js';
import { Segmentation } from '../../../packet/offload/segmentation.js';
import { type FrameSource, NOT_STORED } from '../sources/frame-source.js';
import { MARK_NONE, MARK_OFFLOADED, MARK_SHORT } from './filled-burst.js';
import { type LaidFrames, laneOf, markOf, NOT_LAID } from './laid-frames.js';
import type { Lane } from './lane.js';
import { type LaneChoice, NO_LANE } from './lane-choice.js';
import type { Ledger } from './ledger.js';
import { type OffloadWishes, PreparedFrame } from './prepared-frame.js';
import type { StoredHeaders } from './stored-headers.js';

const VLAN_TAGS_MAX = 2;

/** What a transmission does to frames, and where it counts those that go to no lane. */
export interface TransmissionOptions {
  /** Of the device. */
  readonly mtu: number;
  /** Send frames that are longer than the MTU allows, too. */
  readonly oversize: boolean;
  readonly offloads: OffloadWishes;
  /** Counts frames that go to no lane. */
  readonly unplaced: Ledger;
  /** For a source whose frames come again and again. Borrowed. */
  readonly laid?: LaidFrames | undefined;
  /** For a source whose frames lie in the store of the device. Borrowed. */
  readonly storedHeaders?: StoredHeaders | undefined;
}

/** Takes the frames of a source, and gives each one to its lane. */
export class Transmission implements Disposable {
  /** Owned. */
  readonly #lanes: readonly Lane[];
  readonly #choose: LaneChoice;
  readonly #unplaced: Ledger;
  /** Longer frames may be too long; Infinity if all are sent. Bytes. */
  readonly #plainBytesMax: number;
  readonly #mtu: number;
  readonly #prepared: PreparedFrame;
  readonly #laid: LaidFrames | undefined;
  readonly #storedHeaders: StoredHeaders | undefined;
  readonly #segmentation = new Segmentation();
  #gone = false;

  /** Owns `lanes` from now on. */
  constructor(lanes: readonly Lane[], choose: LaneChoice, options: TransmissionOptions) {
    this.#lanes = lanes;
    this.#choose = choose;
    this.#unplaced = options.unplaced;
    this.#mtu = options.mtu;
    this.#plainBytesMax = options.oversize ? Infinity : options.mtu + ETH_HLEN;
    this.#laid = options.laid;
    this.#storedHeaders = options.storedHeaders;
    this.#prepared = new PreparedFrame(options.offloads);
  }

  /** Whether the device was deleted: it accepts nothing any more. */
  get gone(): boolean {
    return this.#gone || this.#lanes[0]!.gone;
  }

  /**
   * Takes the source's current frame, which is due at `due` (seconds since the run began). It is sent with its burst, or by
   * `flush`.
   */
  add(source: FrameSource, due: number): void {
    if (!source.ethernet) {
      this.#refuseType(source.linkType);
      return;
    }
    if (this.#laid !== undefined && this.#addLaid(this.#laid, source, due)) return;
    const index = this.#choose(source);
    if (index === NO_LANE) {
      this.#unplaced.offered += 1;
      this.#unplaced.refuse('ENXIO');
      return;
    }
    const lane = this.#lanes[index]!;
    lane.ledger.offered += 1;
    if (source.linkType !== LINKTYPE_ETHERNET) lane.ledger.converted.add(source.linkType);
    source.stamp?.(index);
    this.#addTo(index, source, due);
  }

  /** Sends the frames that wait. */
  flush(): void {
    for (let index = 0; index < this.#lanes.length; index++) {
      const lane = this.#lanes[index]!;
      lane.flush();
      if (lane.gone) this.#gone = true;
    }
  }

  /** Brings the ledger up to date. */
  settle(): void {
    for (const lane of this.#lanes) lane.settle();
  }

  /** Waits until all frames that were flushed are sent and counted. */
  finish(): void {
    for (const lane of this.#lanes) {
      lane.finish();
      if (lane.gone) this.#gone = true;
    }
  }

  [Symbol.dispose](): void {
    for (const lane of this.#lanes) lane[Symbol.dispose]();
  }

  /**
   * Takes a frame that was laid. False if it was not. It needs no second look: where it goes, and how it is counted, does not
   * change.
   */
  #addLaid(laid: LaidFrames, source: FrameSource, due: number): boolean {
    const index = source.repeatIndex!;
    const note = laid.noteOf(index);
    if (note === NOT_LAID) return false;
    const lane = this.#lanes[laneOf(note)]!;
    lane.ledger.offered += 1;
    if (source.linkType !== LINKTYPE_ETHERNET) lane.ledger.converted.add(source.linkType);
    lane.appendStored(laid.offsets[index]!, laid.lengths[index]!, due, markOf(note));
    return true;
  }

  #addTo(index: number, source: FrameSource, due: number): void {
    const lane = this.#lanes[index]!;
    const prepared = this.#prepared;
    prepared.prepare(source);
    const { longestBytes } = prepared;
    if (longestBytes > this.#plainBytesMax && longestBytes > largestFrame(source.frame, this.#mtu)) {
      lane.refuse('EMSGSIZE');
      return;
    }
    if (prepared.hasHeader) {
      if (lane.headerBytes === 0) this.#appendFinished(lane, due);
      else this.#appendPrepared(index, source, due, MARK_OFFLOADED);
      return;
    }
    const isShort = source.length < source.originalLength;
    this.#appendPrepared(index, source, due, isShort ? MARK_SHORT : MARK_NONE);
  }

  /** A frame is copied into the burst unless it can be sent from the store. */
  #appendPrepared(index: number, source: FrameSource, due: number, mark: number): void {
    const lane = this.#lanes[index]!;
    const prepared = this.#prepared;
    const laid = this.#laid;
    if (laid?.lay(source.repeatIndex!, prepared, index, mark)) {
      lane.appendStored(laid.offsets[source.repeatIndex!]!, prepared.length, due, mark);
      return;
    }
    const storedHeaders = this.#storedHeaders;
    const storedAt = storedHeaders === undefined ? NOT_STORED : source.storedAt!;
    if (storedHeaders === undefined || storedAt === NOT_STORED || prepared.changed) {
      this.#append(lane, prepared.bytes, due, mark);
      return;
    }
    storedHeaders.write(storedAt, prepared);
    lane.appendStored(storedAt, source.length, due, mark);
  }

  /** For a device without virtio-net header: does what would have been left to the kernel. */
  #appendFinished(lane: Lane, due: number): void {
    const segmentation = this.#segmentation;
    const { bytes, header } = this.#prepared;
    if (!segmentation.begin(bytes, header)) {
      lane.refuse('EOPNOTSUPP');
      return;
    }
    if (segmentation.segmentCount > 1) {
      lane.ledger.cut += 1;
      lane.ledger.offered += segmentation.segmentCount - 1;
    }
    while (segmentation.next()) this.#append(lane, segmentation.segment, due, MARK_NONE);
  }

  #append(lane: Lane, bytes: Uint8Array, due: number, mark: number): void {
    if (!lane.append(bytes, due, mark, this.#prepared.header)) lane.refuse('EMSGSIZE');
  }

  /** A packet that is no Ethernet frame belongs to the only lane, or to none. */
  #refuseType(linkType: number): void {
    const [first, second] = this.#lanes;
    const ledger = second === undefined ? first!.ledger : this.#unplaced;
    ledger.offered += 1;
    ledger.refusedTypes.add(linkType);
    if (second === undefined) first!.refuse('EPROTONOSUPPORT');
    else ledger.refuse('EPROTONOSUPPORT');
  }
}

/** Most bytes of a frame: the MTU, the Ethernet header, and its VLAN tags. */
function largestFrame(frame: Uint8Array, mtu: number): number {
  let bytes = mtu + ETH_HLEN;
  for (let tag = 0; tag < VLAN_TAGS_MAX; tag++) {
    const at = ETH_PROTO + tag * VLAN_HLEN;
    const type = (frame[at] ?? 0) * 256 + (frame[at + 1] ?? 0);
    if (type !== ETH_P_8021Q && type !== ETH_P_8021AD) break;
    bytes += VLAN_HLEN;
  }
  return bytes;
}
