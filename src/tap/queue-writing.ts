import {
  fillTransfer,
  IORING_OP_WRITE,
  IORING_OP_WRITE_FIXED,
  IORING_OP_WRITEV,
  IOSQE_FIXED_FILE,
  RWF_NOWAIT,
  sqeHead,
} from '../uring/sqe.js';
import type { FrameBurst } from './frame-burst.js';
import { TX_BYTES, TX_ERRORS, TX_PACKETS } from './queue-counters.js';
import { EBADFD, EOPNOTSUPP, type QueuePort } from './queue-port.js';

/** Writes bursts of frames into a queue: one submission for all, in order, whether of one piece or of several. */
export class QueueWriting {
  readonly #port: QueuePort;
  readonly #writeHead: number;
  readonly #chainHead = sqeHead(IORING_OP_WRITEV, IOSQE_FIXED_FILE);

  constructor(port: QueuePort) {
    this.#port = port;
    this.#writeHead = sqeHead(port.registered ? IORING_OP_WRITE_FIXED : IORING_OP_WRITE, IOSQE_FIXED_FILE);
  }

  /** Writes all of `burst`, fills its results and counts; returns how many frames the kernel took. */
  write(burst: FrameBurst): number {
    const wasNowait = this.#port.nowait;
    burst.trimChains(true);
    try {
      this.#writeAll(burst);
      // Linux before 6.4 refused all of them unread; O_NONBLOCK on the descriptor serves there.
      if (this.#port.nowait !== wasNowait) this.#writeAll(burst);
    } finally {
      burst.trimChains(false);
    }
    return this.#countSent(burst);
  }

  #writeAll(burst: FrameBurst): void {
    const { ring } = this.#port;
    const writes = burst.headerBytes > 0 ? this.#take(burst) : this.#takeBare(burst);
    if (writes === 0) return;
    ring.submit();
    this.#reap(burst, writes);
  }

  #take(burst: FrameBurst): number {
    const { count } = burst;
    for (let index = 0; index < count; index++) this.#takeFrame(burst, index);
    return count;
  }

  /** Frames that ask for work which no header tells the kernel of would go out unfinished. */
  #takeBare(burst: FrameBurst): number {
    let writes = 0;
    for (let index = 0; index < burst.count; index++) {
      if (burst.needsHeader(index)) {
        burst.results[index] = -EOPNOTSUPP;
        continue;
      }
      this.#takeFrame(burst, index);
      writes += 1;
    }
    return writes;
  }

  #takeFrame(burst: FrameBurst, index: number): void {
    const { submission } = this.#port.ring;
    const { fileSlot } = this.#port;
    const rwFlags = this.#port.nowait ? RWF_NOWAIT : 0;
    const entry = submission.take();
    const iovecs = burst.chainCounts[index]!;
    if (iovecs > 0) {
      const address = burst.chainAddress(index);
      fillTransfer(submission.words, entry, this.#chainHead, fileSlot, address, iovecs, rwFlags, index);
      return;
    }
    const { headerBytes } = burst;
    const address = burst.address + burst.offsets[index]! - headerBytes;
    const length = burst.lengths[index]! + headerBytes;
    fillTransfer(submission.words, entry, this.#writeHead, fileSlot, address, length, rwFlags, index);
  }

  #reap(burst: FrameBurst, writes: number): void {
    const { completion } = this.#port.ring;
    for (let reaped = 0; reaped < writes; ) {
      if (!completion.next()) {
        // The kernel counts as waiting what was not given back.
        completion.release();
        this.#port.ring.waitForCompletion();
        continue;
      }
      reaped += 1;
      const { result } = completion;
      burst.results[completion.userData] = Math.min(result, 0);
      if (result === -EBADFD) this.#port.gone = true;
      if (result === -EOPNOTSUPP) this.#port.nowait = false;
    }
    completion.release();
  }

  #countSent(burst: FrameBurst): number {
    const { counters } = this.#port;
    let frames = 0;
    let bytes = 0;
    for (let index = 0; index < burst.count; index++) {
      if (burst.results[index] !== 0) continue;
      frames += 1;
      bytes += burst.lengths[index]!;
    }
    counters[TX_PACKETS] = counters[TX_PACKETS]! + frames;
    counters[TX_BYTES] = counters[TX_BYTES]! + bytes;
    counters[TX_ERRORS] = counters[TX_ERRORS]! + burst.count - frames;
    return frames;
  }
}
