import { c } from '../../sys/libc.js';
import { type QueueCounters, RX_BYTES, RX_DISCARDED, RX_PACKETS } from '../counters/counter-table.js';
import { ReceivedTally } from '../counters/frame-tally.js';
import type { TapDescriptor } from '../link/tap-descriptor.js';
import { RECEIVED_FRAME_BYTES_MAX } from '../memory/slot-layout.js';
import { HEADER_BYTES_MAX } from '../state/limits.js';

/**
 * Reads and discards what waits in a queue, at most `framesMax` frames, without a ring. Counts the frames in `counters`, as received and
 * as discarded. Returns how many frames it discarded.
 *
 * @param tap its reads must not wait
 */
export function discardFrames(
  tap: Pick<TapDescriptor, 'fd' | 'headerBytes'>,
  framesMax: number,
  counters?: QueueCounters,
): number {
  const { fd, headerBytes } = tap;
  const bytes = new Uint8Array(HEADER_BYTES_MAX + RECEIVED_FRAME_BYTES_MAX);
  const tally = new ReceivedTally(headerBytes);
  let [frames, byteCount] = [0, 0];
  while (frames < framesMax) {
    const length = c.read(fd, bytes, bytes.length) - headerBytes;
    if (length <= 0) break;
    tally.add(bytes, headerBytes, length);
    frames += 1;
    byteCount += length;
  }
  if (counters === undefined) return frames;
  tally.settle(counters);
  counters[RX_PACKETS] = counters[RX_PACKETS]! + frames;
  counters[RX_BYTES] = counters[RX_BYTES]! + byteCount;
  counters[RX_DISCARDED] = counters[RX_DISCARDED]! + frames;
  return frames;
}
