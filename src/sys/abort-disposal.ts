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
