import { destinationClass } from '../../packet/headers/frame-class.js';
import {
  VIRTIO_NET_HDR_F_NEEDS_CSUM,
  VIRTIO_NET_HDR_FLAGS,
  VIRTIO_NET_HDR_GSO_NONE,
  VIRTIO_NET_HDR_GSO_TYPE,
} from '../../packet/headers/virtio-net-header.js';
import { isSystemError } from '../../sys/errno.js';
import {
  fillTransfer,
  IORING_OP_WRITE,
  IORING_OP_WRITE_FIXED,
  IORING_OP_WRITEV,
  IOSQE_CQE_SKIP_SUCCESS,
  IOSQE_FIXED_FILE,
  RWF_NOWAIT,
  sqeHead,
} from '../../uring/sqe.js';
import { TX_BAD_HEADER, TX_BYTES, TX_ERRORS, TX_PACKETS, TX_SHORT } from '../counters/counter-table.js';
import { countWriteErrno } from '../counters/errno-counters.js';
import { SentTally } from '../counters/frame-tally.js';
import type { FrameBurst } from '../memory/frame-burst.js';
import {
  EAGAIN,
  EBADFD,
  EINVAL,
  EOPNOTSUPP,
  ETHERNET_HEADER_BYTES,
  NO_ERRNOS,
  type QueuePort,
} from './queue-port.js';

/**
 * Writes bursts of frames into a queue: one submission for all that the ring has room for, in order, whether a frame lies in one
 * piece or several.
 *
 * Hot path: on Linux 5.17 and newer only refused frames have a completion. A write that never waits is done
 * when the submission returns, so a frame without a completion was taken. This saves 5 % of the time of a
 * 64-byte frame.
 */
export class QueueWriting {
  readonly #port: QueuePort;
  readonly #opcode: number;
  readonly #headerBytes: number;
  readonly #tally = new SentTally();

  constructor(port: QueuePort) {
    this.#port = port;
    this.#headerBytes = port.tap.headerBytes;
    this.#opcode = port.registered ? IORING_OP_WRITE_FIXED : IORING_OP_WRITE;
  }

  /**
   * Writes all of `burst`, fills its results and counts. Returns how many frames the kernel took. A frame
   * that is refused with an errno of `retryable` counts as no error: the caller sends it again.
   */
  write(burst: FrameBurst, retryable: readonly number[] = NO_ERRNOS): number {
    const wasNowait = this.#port.nowait;
    burst.trimChains(true);
    try {
      this.#writeAll(burst);
      // Linux before 6.4 refused all of them without reading any. There the descriptor's O_NONBLOCK keeps
      // writes from waiting.
      if (this.#port.nowait !== wasNowait) this.#writeAll(burst);
    } finally {
      burst.trimChains(false);
    }
    return this.#countSent(burst, retryable);
  }

  /** Writes as many frames at a time as the ring has entries. A burst has more only if the kernel may lock little memory. */
  #writeAll(burst: FrameBurst): void {
    const { ring, nowait } = this.#port;
    const { entries } = ring.submission;
    for (let first = 0; first < burst.count; first += entries) {
      const end = Math.min(first + entries, burst.count);
      const isTaken = this.#writePart(burst, first, end);
      // Linux before 6.4 refused them all, and the caller writes the whole burst again.
      if (this.#port.nowait !== nowait) return;
      if (isTaken) continue;
      burst.results.fill(-EAGAIN, end, burst.count);
      return;
    }
  }

  /** Writes the frames from `first` to `end`. Returns whether the kernel had memory for all of them. */
  #writePart(burst: FrameBurst, first: number, end: number): boolean {
    const { ring, nowait } = this.#port;
    // This needs a ring with default flags: with DEFER_TASKRUN refusals would come later, and with SQPOLL the
    // writes.
    const silent = nowait && ring.skipsSuccess;
    const flags = silent ? IOSQE_FIXED_FILE | IOSQE_CQE_SKIP_SUCCESS : IOSQE_FIXED_FILE;
    const writes =
      this.#headerBytes > 0 ? this.#take(burst, first, end, flags) : this.#takeBare(burst, first, end, flags);
    if (writes === 0) return true;
    const taken = first === 0 ? ring.submitOrWithdraw() : this.#submitMore();
    if (taken < writes) noteUntaken(burst, first, end, taken);
    if (silent) this.#reapRefusals(burst);
    else this.#reap(burst, taken);
    return taken === writes;
  }

  /** As `submitOrWithdraw`, and returns 0 where that throws for lack of memory: an error would hide the frames sent before. */
  #submitMore(): number {
    try {
      return this.#port.ring.submitOrWithdraw();
    } catch (error) {
      if (isSystemError(error, 'EAGAIN', 'EBUSY')) return 0;
      throw error;
    }
  }

  #take(burst: FrameBurst, first: number, end: number, flags: number): number {
    for (let index = first; index < end; index++) this.#takeFrame(burst, index, flags);
    return end - first;
  }

  /**
   * Leaves out frames that ask for a checksum or segmentation: without a header the kernel would send them
   * unfinished.
   */
  #takeBare(burst: FrameBurst, first: number, end: number, flags: number): number {
    let writes = 0;
    for (let index = first; index < end; index++) {
      if (burst.needsHeader(index)) {
        burst.results[index] = -EOPNOTSUPP;
        continue;
      }
      this.#takeFrame(burst, index, flags);
      writes += 1;
    }
    return writes;
  }

  #takeFrame(burst: FrameBurst, index: number, flags: number): void {
    const { fileSlot, nowait, ring } = this.#port;
    const { submission } = ring;
    const rwFlags = nowait ? RWF_NOWAIT : 0;
    const entry = submission.take();
    burst.results[index] = 0;
    const iovecs = burst.chainCounts[index]!;
    if (iovecs > 0) {
      const head = sqeHead(IORING_OP_WRITEV, flags);
      const address = burst.chainAddress(index);
      fillTransfer(submission.words, entry, head, fileSlot, address, iovecs, rwFlags, index);
      return;
    }
    const head = sqeHead(this.#opcode, flags);
    const address = burst.address + burst.offsets[index]! - this.#headerBytes;
    const length = burst.lengths[index]! + this.#headerBytes;
    fillTransfer(submission.words, entry, head, fileSlot, address, length, rwFlags, index);
  }

  #reap(burst: FrameBurst, writes: number): void {
    const { ring } = this.#port;
    const { completion } = ring;
    for (let reaped = 0; reaped < writes; reaped++) {
      ring.nextCompletion();
      this.#noteResult(burst, completion.userData, completion.result);
    }
    completion.release();
  }

  /** Reads the completions of refused frames, which are the only ones. */
  #reapRefusals(burst: FrameBurst): void {
    const { completion } = this.#port.ring;
    let isRefused = false;
    while (completion.next()) {
      isRefused = true;
      this.#noteResult(burst, completion.userData, completion.result);
    }
    if (isRefused) completion.release();
  }

  #noteResult(burst: FrameBurst, index: number, result: number): void {
    burst.results[index] = Math.min(result, 0);
    if (result === -EBADFD) this.#port.gone = true;
    if (result === -EOPNOTSUPP) this.#port.nowait = false;
  }

  #countSent(burst: FrameBurst, retryable: readonly number[]): number {
    const { counters } = this.#port;
    let frames = 0;
    let bytes = 0;
    let errors = 0;
    for (let index = 0; index < burst.count; index++) {
      const result = burst.results[index]!;
      if (result !== 0) {
        if (retryable.includes(-result)) continue;
        errors += 1;
        this.#countRefused(burst, index, result);
        continue;
      }
      frames += 1;
      bytes += burst.lengths[index]!;
      this.#tallyFrame(burst, index);
    }
    counters[TX_PACKETS] = counters[TX_PACKETS]! + frames;
    counters[TX_BYTES] = counters[TX_BYTES]! + bytes;
    counters[TX_ERRORS] = counters[TX_ERRORS]! + errors;
    this.#tally.settle(counters);
    return frames;
  }

  #tallyFrame(burst: FrameBurst, index: number): void {
    const { bytes } = burst;
    const at = burst.offsets[index]!;
    this.#tally.add(burst.lengths[index]!, destinationClass(bytes, at));
    if (this.#headerBytes > 0) this.#tally.addHeader(bytes, at - this.#headerBytes);
    if (burst.chainCounts[index]! > 0 && burst.segmentCount(index) > 1) this.#tally.addMultiSegment();
  }

  /** Counts by cause a frame that the kernel refused, or that was not offered to it. */
  #countRefused(burst: FrameBurst, index: number, result: number): void {
    const { counters } = this.#port;
    const isShort = burst.lengths[index]! < ETHERNET_HEADER_BYTES;
    if (result === -EINVAL && isShort) counters[TX_SHORT] = counters[TX_SHORT]! + 1;
    else if (
      result === (this.#headerBytes > 0 ? -EINVAL : -EOPNOTSUPP) &&
      asksForWork(burst, index, this.#headerBytes)
    ) {
      counters[TX_BAD_HEADER] = counters[TX_BAD_HEADER]! + 1;
    } else countWriteErrno(counters, -result);
  }
}

/** Marks the frames from `first` to `end` for which the kernel had no memory: it took the first `taken` writes. */
function noteUntaken(burst: FrameBurst, first: number, end: number, taken: number): void {
  let writes = 0;
  for (let index = first; index < end; index++) {
    if (burst.results[index] !== 0) continue;
    writes += 1;
    if (writes > taken) burst.results[index] = -EAGAIN;
  }
}

/** Returns whether the header of frame `index` leaves work to the kernel. */
function asksForWork(burst: FrameBurst, index: number, headerBytes: number): boolean {
  if (headerBytes === 0) return burst.needsHeader(index);
  const header = burst.offsets[index]! - headerBytes;
  const flags = burst.bytes[header + VIRTIO_NET_HDR_FLAGS]!;
  const gsoType = burst.bytes[header + VIRTIO_NET_HDR_GSO_TYPE]!;
  return (flags & VIRTIO_NET_HDR_F_NEEDS_CSUM) !== 0 || gsoType !== VIRTIO_NET_HDR_GSO_NONE;
}
