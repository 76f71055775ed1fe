import { NO_ROOM } from '../../../../src/cli/output/output-writer.js';
import type { CapturedFrame } from '../../../../src/cli/rx-dump/sinks/captured-frame.js';
import type { FrameSink, ItemBuffer } from '../../../../src/cli/rx-dump/sinks/frame-sink.js';

/** Room for the largest item that a test makes, behind other bytes. */
const BUFFER_BYTES = 1024 * 1024;
const OFFSET = 100;

/** An output that keeps copies of its items. */
export class KeptItems implements ItemBuffer {
  readonly buffer = Buffer.alloc(BUFFER_BYTES);
  readonly items: Buffer[] = [];
  /** Whether items are dropped, and when: before they are encoded, or after. */
  drops: 'nothing' | 'reserved' | 'committed' = 'nothing';
  /** Called before each item, when an output may begin another file. */
  onReserve: () => void = () => {};
  #reserved = 0;

  reserve(bytesMax: number): number {
    this.onReserve();
    if (this.drops === 'reserved') return NO_ROOM;
    this.#reserved = bytesMax;
    this.buffer.fill(0xee, OFFSET, OFFSET + bytesMax + 1);
    return OFFSET;
  }

  commit(byteCount: number): boolean {
    if (byteCount > this.#reserved || this.buffer[OFFSET + this.#reserved] !== 0xee)
      throw new Error(`${byteCount} bytes written, ${this.#reserved} reserved`);
    if (this.drops === 'committed') return false;
    this.items.push(Buffer.from(this.buffer.subarray(OFFSET, OFFSET + byteCount)));
    return true;
  }
}

/** The item that `sink` makes of `frame`. */
export function itemOf(sink: FrameSink, frame: CapturedFrame): Buffer {
  const output = new KeptItems();
  if (!sink.write(frame, output) || output.items.length !== 1) throw new Error('the sink wrote no item');
  return output.items[0]!;
}
