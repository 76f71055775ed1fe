import { ByteQueue } from '../../packet/bytes/byte-queue.js';
import type { SendingQueues } from '../../tap/queue/sending-device.js';
import { HEADER_BYTES_MAX } from '../../tap/state/limits.js';
import type { InjectOptions } from './inject-arguments.js';
import { LAID_BYTES_MAX, LaidFrames, laidBytes } from './sending/laid-frames.js';
import { StoredHeaders } from './sending/stored-headers.js';
import type { TransmissionOptions } from './sending/transmission.js';
import type { FrameSource } from './sources/frame-source.js';

/**
 * Bytes of the store that a run needs if its queues hold `frames` frames at a time. Captures are read into it, frames that come again are laid
 * into it, and stamps are written in it. Frames that are sent in several pieces have other memory.
 */
export function storeBytes(
  source: FrameSource,
  { segments, loops }: Pick<InjectOptions, 'segments' | 'loops'>,
  frames: number,
): number {
  if (segments > 1) return 0;
  const own = source.storeBytes?.(frames, HEADER_BYTES_MAX) ?? 0;
  if (own > 0) return own > LAID_BYTES_MAX ? 0 : own;
  return source.repeated === undefined || loops === 1 ? 0 : laidBytes(source.repeated);
}

/**
 * Gives the store of the device to `source`. Returns the options with which a transmission sends from it: none if there is no store.
 *
 * `release` must send every frame that waits. It is called before bytes of the store are overwritten.
 */
export function useStore(
  source: FrameSource,
  { device, queues, burstsPerQueue }: SendingQueues,
  release: () => void,
): Pick<TransmissionOptions, 'laid' | 'storedHeaders'> {
  const { store } = device;
  const { headerBytes } = queues[0]!;
  if (store.start === store.end) return {};
  if (source.repeated !== undefined) return { laid: new LaidFrames(store, headerBytes, source.repeated) };
  const memory = store.bytes.subarray(store.start, store.end);
  source.storeIn?.({
    memory,
    start: store.start,
    queue: new ByteQueue(memory, release),
    headerBytes,
    lanes: queues.length,
    // One more: a frame is made before a full burst is sent.
    laneFrames: burstsPerQueue * device.burstFrames + 1,
  });
  return { storedHeaders: new StoredHeaders(store, headerBytes) };
}
