/**
 * Resources in the order in which they were acquired, released in reverse. Node 20 has no DisposableStack.
 *
 * An owner is made on the line before the first resource; whoever acquires the next one says `own`.
 */
export class Ownership implements Disposable {
  readonly #owned: Disposable[] = [];

  /** Takes `resource` over, and returns it. */
  own<T extends Disposable>(resource: T): T {
    this.#owned.push(resource);
    return resource;
  }

  /** Forgets `resource`, which was released before its owner; what is not owned is passed over. */
  disown(resource: Disposable): void {
    // What goes first came last, as a rule.
    const at = this.#owned.lastIndexOf(resource);
    if (at >= 0) this.#owned.splice(at, 1);
  }

  /** Releases everything, the last acquired first, even when one of them throws. A second call does nothing. */
  [Symbol.dispose](): void {
    const resource = this.#owned.pop();
    if (resource === undefined) return;
    try {
      resource[Symbol.dispose]();
    } finally {
      this[Symbol.dispose]();
    }
  }
}
