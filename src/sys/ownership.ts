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

/**
 * Disposes `resource` when `signal` is aborted, at once where it is already. Returns what forgets it: call that when the
 * resource is disposed otherwise, so that a signal that lives long keeps nothing alive.
 */
export function disposeOnAbort(resource: Disposable, signal: AbortSignal | undefined): () => void {
  if (signal === undefined) return () => {};
  const dispose = () => resource[Symbol.dispose]();
  if (signal.aborted) dispose();
  else signal.addEventListener('abort', dispose, { once: true });
  return () => signal.removeEventListener('abort', dispose);
}
