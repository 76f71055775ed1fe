/**
 * Resources in the order in which they were acquired, released in reverse. Node 20 has no DisposableStack.
 *
 * Make the owner on the line before the first resource, and call `own` on the line of each resource.
 */
export class Ownership implements Disposable {
  readonly #owned: Disposable[] = [];

  /** Takes `resource` over, and returns it. */
  own<T extends Disposable>(resource: T): T {
    this.#owned.push(resource);
    return resource;
  }

  /** Forgets `resource`, which was released before its owner. Ignores a resource that is not owned. */
  disown(resource: Disposable): void {
    // From the end: what is released first was usually acquired last.
    const at = this.#owned.lastIndexOf(resource);
    if (at >= 0) this.#owned.splice(at, 1);
  }

  /** Releases everything, the last acquired first, even if one of them throws. A second call does nothing. */
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
 * Disposes `resource` when `signal` is aborted, or at once if it is aborted already. Returns a function that removes
 * the listener: call it when the resource is disposed otherwise, so that a long-lived signal does not keep it alive.
 */
export function disposeOnAbort(resource: Disposable, signal: AbortSignal | undefined): () => void {
  if (signal === undefined) return () => {};
  const dispose = () => resource[Symbol.dispose]();
  if (signal.aborted) dispose();
  else signal.addEventListener('abort', dispose, { once: true });
  return () => signal.removeEventListener('abort', dispose);
}
