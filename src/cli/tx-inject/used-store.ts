import { ByteQueue } from '../../packet/bytes/byte-queue.js';
import type { SendingQueues } from '../../tap/queue/sending-device.js';
import type { InjectOptions } from './inject-arguments.js';
import { LaidFrames, laidBytes } from './sending/laid-frames.js';
import { StoredHeaders } from './sending/stored-headers.js';
import type { TransmissionOptions } from './sending/transmission.js';
import type { FrameSource } from './sources/frame-source.js';

/** Room for what is read of a capture. It is overwritten again and again, so it is about as large as a processor's cache. Bytes. */
const CAPTURE_BYTES = 1024 * 1024;

/**
 * Bytes of the store that a run needs. Captures are read into it, and frames that come again are laid into it. Frames that are
 * sent in several pieces have other memory.
 */
export function storeBytes(
  source: FrameSource,
  { segments, loops }: Pick<InjectOptions, 'segments' | 'loops'>,
): number {
  if (segments > 1) return 0;
  if (source.storeIn !== undefined) return CAPTURE_BYTES;
  return source.repeated === undefined || loops === 1 ? 0 : laidBytes(source.repeated);
}

/** What a transmission does with the store of `sending`. `release` sends everything that waits, before it is overwritten. */
export function useStore(
  source: FrameSource,
  { device, queues }: SendingQueues,
  release: () => void,
): Pick<TransmissionOptions, 'laid' | 'storedHeaders'> {
  const { store } = device;
  const { headerBytes } = queues[0]!;
  if (store.start === store.end) return {};
  if (source.storeIn === undefined) return { laid: new LaidFrames(store, headerBytes, source.repeated!) };
  const memory = store.bytes.subarray(store.start, store.end);
  const queue = new ByteQueue(memory, release);
  source.storeIn({ memory, start: store.start, queue, headerBytes });
  return { storedHeaders: new StoredHeaders(store, headerBytes) };
}
