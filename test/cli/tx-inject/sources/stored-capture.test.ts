import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import test from 'ava';
import type { ByteInput } from '../../../../src/cli/input/byte-input.js';
import { CaptureSource } from '../../../../src/cli/tx-inject/sources/capture-source.js';
import { type FrameSource, NOT_STORED } from '../../../../src/cli/tx-inject/sources/frame-source.js';
import { ByteQueue } from '../../../../src/packet/bytes/byte-queue.js';
import { captureOf, frameOf } from '../../../kernel/capture.js';

/** Some bytes, in chunks of `chunkBytes`, which lie in room where that is wanted. */
class BytesInput implements ByteInput {
  readonly byteCount: number;
  readonly roomBytes: number;
  readonly #bytes: Uint8Array;
  readonly #chunkBytes: number;
  #at = 0;

  constructor(bytes: Uint8Array, chunkBytes: number, usesRoom: boolean) {
    this.#bytes = bytes;
    this.#chunkBytes = chunkBytes;
    this.byteCount = bytes.length;
    this.roomBytes = usesRoom ? chunkBytes : 0;
  }

  read(room?: Uint8Array): Uint8Array | undefined {
    const chunk = this.#bytes.subarray(this.#at, this.#at + this.#chunkBytes);
    this.#at += chunk.length;
    if (chunk.length === 0) return undefined;
    room?.set(chunk);
    return room === undefined ? chunk : room.subarray(0, chunk.length);
  }

  cancel(): void {}

  rewind(): void {
    this.#at = 0;
  }

  [Symbol.dispose](): void {}
}

/** What a frame is, and where it lies. */
interface Placed {
  readonly hex: string;
  readonly at: number;
  readonly length: number;
}

/**
 * All frames of two passes in hex. Stored frames are read when their memory is given up, as the kernel would read them then, and
 * after their headers were written.
 */
function drain(
  bytes: Uint8Array,
  options: { chunkBytes: number; usesRoom: boolean; storeBytes?: number; headerBytes?: number },
) {
  const { chunkBytes, usesRoom, storeBytes = 0, headerBytes = 12 } = options;
  const arena = new Uint8Array(64 + storeBytes);
  const memory = arena.subarray(64);
  const frames: (Placed | string)[] = [];
  const hexes: string[] = [];
  const settle = () => {
    for (const frame of frames) {
      if (typeof frame === 'string') hexes.push(frame);
      else hexes.push(Buffer.from(arena.subarray(frame.at, frame.at + frame.length)).toString('hex'));
    }
    frames.length = 0;
  };
  using source: FrameSource = new CaptureSource(new BytesInput(bytes, chunkBytes, usesRoom), 'bytes');
  if (storeBytes > 0)
    source.storeIn?.({
      ...{ memory, start: 64, queue: new ByteQueue(memory, settle) },
      ...{ headerBytes, lanes: 1, laneFrames: 1 },
    });
  let stored = 0;
  for (let pass = 0; pass < 2; pass++) {
    try {
      do {
        while (source.next()) {
          const { length, storedAt = NOT_STORED } = source;
          const hex = Buffer.from(source.frame).toString('hex');
          frames.push(storedAt === NOT_STORED ? hex : { hex, at: storedAt, length });
          if (storedAt === NOT_STORED) continue;
          stored += 1;
          arena.fill(0xee, storedAt - headerBytes, storedAt);
        }
      } while (source.refill());
    } catch (error) {
      frames.push(String(error));
    }
    source.rewind();
  }
  settle();
  return { hexes, stored };
}

const FOLDER = fileURLToPath(new URL('../../../packet/fixtures/', import.meta.url));
const CAPTURES = readdirSync(FOLDER)
  .filter((name) => /\.pcap(ng)?$/.test(name))
  .map((name) => [name, new Uint8Array(readFileSync(FOLDER + name))] as const);

test('frames that lie in a store are those of the capture when it is read in any chunks', (t) => {
  t.true(CAPTURES.length > 5);
  for (const [name, bytes] of CAPTURES) {
    const { hexes: wanted } = drain(bytes, { chunkBytes: 65_536, usesRoom: false });
    for (const chunkBytes of [50, 1000, 65_536]) {
      for (const storeBytes of [200, 5000, 300_000]) {
        for (const usesRoom of [false, true]) {
          const { hexes } = drain(bytes, { chunkBytes, usesRoom, storeBytes });
          t.deepEqual(hexes, wanted, `${name} in chunks of ${chunkBytes} in ${storeBytes} bytes`);
        }
      }
    }
  }
});

test('all frames of a pcap lie in the store when their headers fit in front of them, and none otherwise', (t) => {
  const capture = captureOf(Array.from({ length: 50 }, (_, number) => frameOf(number, 60 + number)));
  const options = { chunkBytes: 1000, usesRoom: true, storeBytes: 10_000 };
  t.is(drain(capture, options).stored, 100);
  t.is(drain(capture, { ...options, headerBytes: 16 }).stored, 100);
  t.is(drain(capture, { ...options, headerBytes: 24 }).stored, 0);
});
