import { ArgumentRangeError } from '../../errors.js';
import type { PlacedFrame, PlacedMemory } from '../../packet/capture/placed-frame.js';
import { ETH_P_8021Q, ETH_PROTO, VLAN_HLEN } from '../../packet/headers/ethernet-header.js';
import {
  VIRTIO_NET_HDR_F_NEEDS_CSUM,
  VIRTIO_NET_HDR_SIZE,
  VirtioNetHeader,
} from '../../packet/headers/virtio-net-header.js';
import {
  FRAME_LEN,
  FRAME_MAC,
  FRAME_NSEC,
  FRAME_PKTTYPE,
  FRAME_SEC,
  FRAME_SNAPLEN,
  FRAME_STATUS,
  FRAME_VLAN_TCI,
  FRAME_VLAN_TPID,
  PACKET_OUTGOING,
  TP_STATUS_VLAN_TPID_VALID,
  TP_STATUS_VLAN_VALID,
} from '../../sys/packet-block.js';
import { ViewCache } from '../memory/view-cache.js';
import type { WatchMemory } from './watch-memory.js';

/** Frames of a burst. */
export const WATCHED_FRAMES = 128;

/**
 * Frames of this length and shorter ones are copied, each to a place of its own: a view of it is made once and used again for
 * each frame of the same length. A view of the ring would be a new object for each frame, some 190 bytes of V8's heap. Bytes.
 */
const COPIED_BYTES_MAX = 2048;
/** Up to this length a loop over words is faster than a call of copyWithin. Bytes. */
const LOOPED_BYTES_MAX = 160;

/** Longer frames are handed out by place from where they are copied to, others from the ring. Bytes. */
const STAYING_BYTES_MAX = 256;

/** Where a copied frame begins in its place: behind its virtio-net header, at a multiple of four. */
const SLOT_FRAME = 16;
const SLOT_HEADER = SLOT_FRAME - VIRTIO_NET_HDR_SIZE;
/** A multiple of a cache line. */
const SLOT_BYTES = Math.ceil((SLOT_FRAME + COPIED_BYTES_MAX + VLAN_HLEN) / 64) * 64;

/** Bytes at the beginning of a WatchMemory that belong to its burst. */
export const BURST_SCRATCH_BYTES = WATCHED_FRAMES * SLOT_BYTES;

/**
 * Frames that a `FrameWatch` has seen, each with its queue, direction and time. One object serves for all bursts: everything in
 * it is borrowed until the next one.
 */
export class WatchedBurst {
  /** Frames in it. */
  count = 0;
  /** Queue of each frame; QUEUE_UNKNOWN (-1) for a frame of no queue. */
  readonly queues = new Int16Array(WATCHED_FRAMES);
  /** 1 for a frame that the kernel sent out of the device, 0 for one that it received from it. */
  readonly outbound = new Uint8Array(WATCHED_FRAMES);
  /** Bytes of each frame when it passed. `frame()` has fewer if the snapshot length, or a block of the ring, was shorter. */
  readonly originalLengths = new Int32Array(WATCHED_FRAMES);
  /** When each frame passed: seconds since 1970, and nanoseconds within that second. */
  readonly seconds = new Float64Array(WATCHED_FRAMES);
  readonly nanoseconds = new Int32Array(WATCHED_FRAMES);
  readonly #memory: WatchMemory;
  readonly #offsets = new Int32Array(WATCHED_FRAMES);
  readonly #lengths = new Int32Array(WATCHED_FRAMES);
  /** Where the header and the Ethernet header of each frame lie in the ring, and whether a tag was taken out. */
  readonly #places = new Int32Array(WATCHED_FRAMES);
  readonly #macs = new Int32Array(WATCHED_FRAMES);
  readonly #tagged = new Uint8Array(WATCHED_FRAMES);
  /** 1 when `#offsets` is right for the frame. */
  readonly #placed = new Uint8Array(WATCHED_FRAMES);
  readonly #frames: ViewCache;
  readonly #headers: ViewCache;
  readonly #facts: VirtioNetHeader;

  /** The first BURST_SCRATCH_BYTES of `memory` belong to the burst. @internal */
  constructor(memory: WatchMemory) {
    this.#memory = memory;
    this.#frames = new ViewCache(memory.bytes, WATCHED_FRAMES);
    this.#headers = new ViewCache(memory.bytes, WATCHED_FRAMES);
    this.#facts = new VirtioNetHeader(memory.bytes);
  }

  /**
   * Says in `placed` where frame `index` lies, and all else about it. `placed.memory` must be `memory`. False if the frame does not
   * begin at a word: then `placed` is not changed. @internal
   */
  place(index: number, placed: PlacedFrame): boolean {
    const mac = this.#macs[index]!;
    // A long frame is copied to the same place again and again, for which there is a view.
    const stays = this.#tagged[index] === 0 && this.#lengths[index]! <= STAYING_BYTES_MAX;
    if (!stays) this.#place(index);
    const start = stays ? mac : this.#offsets[index]!;
    if ((start & 3) !== 0) return false;
    placed.word = start >> 2;
    placed.length = this.#lengths[index]!;
    placed.headerHalf = (stays ? mac - VIRTIO_NET_HDR_SIZE : index * SLOT_BYTES + SLOT_HEADER) >> 1;
    placed.headerBytes = VIRTIO_NET_HDR_SIZE;
    placed.originalLength = this.originalLengths[index]!;
    placed.seconds = this.seconds[index]!;
    placed.nanoseconds = this.nanoseconds[index]!;
    placed.outbound = this.outbound[index] === 1;
    placed.queue = this.queues[index]!;
    placed.checksumFinished = false;
    return true;
  }

  /** All memory that frames lie in. @internal */
  get memory(): PlacedMemory {
    return this.#memory;
  }

  /** Returns frame `index` (0 to `count` - 1), from its Ethernet header on, with the VLAN tag that the kernel had taken out. */
  frame(index: number): Uint8Array {
    this.#place(index);
    return this.#frames.at(index, this.#offsets[index]!, this.#lengths[index]!);
  }

  /** Returns the virtio-net header of frame `index`, 10 bytes in the order of this machine. */
  header(index: number): Uint8Array {
    this.#place(index);
    return this.#headers.at(index, index * SLOT_BYTES + SLOT_HEADER, VIRTIO_NET_HDR_SIZE);
  }

  /** Returns what the virtio-net header of frame `index` says. One cursor serves for all frames. */
  facts(index: number): VirtioNetHeader {
    this.#place(index);
    this.#facts.moveTo(index * SLOT_BYTES + SLOT_HEADER);
    return this.#facts;
  }

  /** Takes in the frame whose header lies at `place`, as frame `index`. @internal */
  take(index: number, place: number): void {
    const { bytes, words, halves } = this.#memory;
    const word = place >> 2;
    const tagged = words[word + (FRAME_STATUS >> 2)]! & TP_STATUS_VLAN_VALID;
    this.outbound[index] = bytes[place + FRAME_PKTTYPE] === PACKET_OUTGOING ? 1 : 0;
    this.originalLengths[index] = words[word + (FRAME_LEN >> 2)]! + (tagged === 0 ? 0 : VLAN_HLEN);
    this.seconds[index] = words[word + (FRAME_SEC >> 2)]! >>> 0;
    this.nanoseconds[index] = words[word + (FRAME_NSEC >> 2)]!;
    this.#lengths[index] = words[word + (FRAME_SNAPLEN >> 2)]!;
    this.#macs[index] = place + halves[(place + FRAME_MAC) >> 1]!;
    this.#tagged[index] = tagged;
    this.#places[index] = place;
    this.#placed[index] = 0;
  }

  /** Brings frame `index` where `frame`, `header` and `facts` show it, when it is first asked for. */
  #place(index: number): void {
    this.#assertIndex(index);
    if (this.#placed[index] !== 0) return;
    this.#placed[index] = 1;
    const mac = this.#macs[index]!;
    const length = this.#lengths[index]!;
    this.#copyHeader(index, mac);
    if (this.#tagged[index] !== 0) this.#takeTagged(index, this.#places[index]!, mac);
    else if (length > COPIED_BYTES_MAX) this.#offsets[index] = mac;
    else this.#copy(index, mac, length);
  }

  #copyHeader(index: number, mac: number): void {
    const { bytes } = this.#memory;
    const to = index * SLOT_BYTES + SLOT_HEADER;
    const from = mac - VIRTIO_NET_HDR_SIZE;
    for (let at = 0; at < VIRTIO_NET_HDR_SIZE; at++) bytes[to + at] = bytes[from + at]!;
  }

  #copy(index: number, from: number, length: number): void {
    const to = index * SLOT_BYTES + SLOT_FRAME;
    this.#offsets[index] = to;
    if (length > LOOPED_BYTES_MAX || (from & 3) !== 0) {
      this.#memory.bytes.copyWithin(to, from, from + length);
      return;
    }
    const { words } = this.#memory;
    const toWord = to >> 2;
    const fromWord = from >> 2;
    const wordCount = (length + 3) >> 2;
    for (let at = 0; at < wordCount; at++) words[toWord + at] = words[fromWord + at]!;
  }

  /** Puts the VLAN tag back, behind the addresses, and the header's offsets behind it. */
  #takeTagged(index: number, place: number, mac: number): void {
    const length = this.#lengths[index]!;
    // A snapshot length may have cut the addresses.
    if (length < ETH_PROTO) {
      this.#copy(index, mac, length);
      return;
    }
    this.#moveFacts(index);
    const whole = length + VLAN_HLEN;
    const start = whole > COPIED_BYTES_MAX ? mac - VLAN_HLEN : index * SLOT_BYTES + SLOT_FRAME;
    this.#insertTag(place, mac, start, length);
    this.#offsets[index] = start;
    this.#lengths[index] = whole;
  }

  #insertTag(place: number, mac: number, start: number, length: number): void {
    const { bytes, words, halves } = this.#memory;
    const word = place >> 2;
    const isNamed = (words[word + (FRAME_STATUS >> 2)]! & TP_STATUS_VLAN_TPID_VALID) !== 0;
    const protocol = isNamed ? halves[(place + FRAME_VLAN_TPID) >> 1]! : ETH_P_8021Q;
    const control = words[word + (FRAME_VLAN_TCI >> 2)]!;
    bytes.copyWithin(start, mac, mac + ETH_PROTO);
    const tag = start + ETH_PROTO;
    // In the ring this copies the rest onto itself.
    bytes.copyWithin(tag + VLAN_HLEN, mac + ETH_PROTO, mac + length);
    bytes[tag] = protocol >> 8;
    bytes[tag + 1] = protocol & 0xff;
    bytes[tag + 2] = (control >> 8) & 0xff;
    bytes[tag + 3] = control & 0xff;
  }

  /** The kernel counted the header's offsets without the tag. */
  #moveFacts(index: number): void {
    this.#facts.moveTo(index * SLOT_BYTES + SLOT_HEADER);
    const facts = this.#facts;
    if ((facts.flags & VIRTIO_NET_HDR_F_NEEDS_CSUM) !== 0) facts.checksumStart += VLAN_HLEN;
    if (facts.headerBytes > 0) facts.headerBytes += VLAN_HLEN;
  }

  #assertIndex(index: number): void {
    if (!(index >= 0 && index < this.count))
      throw new ArgumentRangeError(`cannot read frame ${index}: the burst holds ${this.count}`);
  }
}
