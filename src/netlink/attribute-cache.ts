import type { AttributeCursor } from './attribute.js';

/**
 * Decodes attributes again only if they differ from the last ones. The links of a list are much alike, and decoding
 * what their drivers say of them would be a third of the work.
 */
export class AttributeCache<T extends object> {
  readonly #decode: (attributes: AttributeCursor) => T;
  #bytes: Buffer = Buffer.alloc(0);
  #value: T | undefined;

  /** @param decode its result is frozen and kept, and must depend on the attributes alone */
  constructor(decode: (attributes: AttributeCursor) => T) {
    this.#decode = decode;
  }

  /** Decodes the attributes behind the cursor. Returns the same object as before if they are the same. */
  decode(attributes: AttributeCursor): T {
    if (this.#value !== undefined && attributes.aheadIs(this.#bytes)) return this.#value;
    const bytes = attributes.ahead();
    const value = Object.freeze(this.#decode(attributes));
    this.#bytes = bytes;
    this.#value = value;
    return value;
  }
}
