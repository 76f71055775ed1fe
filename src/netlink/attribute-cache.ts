import type { AttributeCursor } from './attribute.js';

/**
 * What attributes say, decoded once for as long as they stay the same: links of a list are much alike, and what their
 * drivers say of them is a third of the work.
 */
export class AttributeCache<T extends object> {
  readonly #decode: (attributes: AttributeCursor) => T;
  #bytes: Buffer = Buffer.alloc(0);
  #value: T | undefined;

  /** @param decode what it returns is kept, and frozen: it must not depend on anything else */
  constructor(decode: (attributes: AttributeCursor) => T) {
    this.#decode = decode;
  }

  /** What the attributes that are ahead of the cursor say: the same object as before where they are the same. */
  decode(attributes: AttributeCursor): T {
    if (this.#value !== undefined && attributes.aheadIs(this.#bytes)) return this.#value;
    const bytes = attributes.ahead();
    const value = Object.freeze(this.#decode(attributes));
    this.#bytes = bytes;
    this.#value = value;
    return value;
  }
}
