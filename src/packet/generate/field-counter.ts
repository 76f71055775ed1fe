import type { ChecksummedFrame } from '../offload/checksummed-frame.js';
import type { FieldPlace } from './field-place.js';
import type { VariedField } from './varied-field.js';

/** Writes the values of a varied field into a frame, one after the other, and starts again after the last. */
export class FieldCounter {
  readonly #place: FieldPlace;
  readonly #step: number;
  readonly #count: number;
  /** Words of 16 bits, the most significant first. */
  readonly #first: Uint16Array;
  readonly #words: Uint16Array;
  #at = 0;

  constructor(field: VariedField, place: FieldPlace) {
    this.#place = place;
    this.#step = field.step;
    this.#count = field.count;
    this.#first = Uint16Array.from(
      { length: place.bytes / 2 },
      (_, index) => (field.first[2 * index]! << 8) | field.first[2 * index + 1]!,
    );
    this.#words = Uint16Array.from(this.#first);
  }

  /** Writes the current value. */
  write(frame: ChecksummedFrame): void {
    const { offsets, sums } = this.#place;
    const words = this.#words;
    for (let place = 0; place < offsets.length; place++) {
      const offset = offsets[place]!;
      for (let index = 0; index < words.length; index++) {
        frame.setWord(offset + 2 * index, words[index]!, sums);
      }
    }
  }

  /** Moves to the next value. */
  advance(): void {
    this.#at += 1;
    if (this.#at >= this.#count) this.reset();
    else this.#add(this.#step);
  }

  /** Moves to the first value. */
  reset(): void {
    this.#at = 0;
    this.#words.set(this.#first);
  }

  #add(step: number): void {
    const words = this.#words;
    let carry = step;
    for (let index = words.length - 1; index >= 0 && carry > 0; index--) {
      const sum = words[index]! + carry;
      words[index] = sum % 0x1_0000;
      carry = Math.floor(sum / 0x1_0000);
    }
  }
}
