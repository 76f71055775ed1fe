/**
 * Numbered views of memory. A view is made anew only if it begins elsewhere or has another length than the
 * last time. Frames of one size come again and again in the same places, and a view costs about 190 bytes of
 * V8's heap.
 */
export class ViewCache {
  readonly #bytes: Uint8Array;
  readonly #views: Uint8Array[];
  readonly #offsets: Int32Array;

  constructor(bytes: Uint8Array, count: number) {
    this.#bytes = bytes;
    this.#views = new Array(count).fill(bytes.subarray(0, 0));
    this.#offsets = new Int32Array(count);
  }

  /**
   * Returns view `index`, of `length` bytes from `offset` on; borrowed until the next call with that index.
   */
  at(index: number, offset: number, length: number): Uint8Array {
    const known = this.#views[index]!;
    if (this.#offsets[index] === offset && known.length === length) return known;
    const view = this.#bytes.subarray(offset, offset + length);
    this.#views[index] = view;
    this.#offsets[index] = offset;
    return view;
  }
}
