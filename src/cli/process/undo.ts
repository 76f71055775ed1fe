/** What has to be undone at the end of a run: listeners and timers. */
export class Undo implements Disposable {
  readonly #undo: (() => void)[] = [];

  /** Calls `action` once, `delayMs` from now. */
  timeout(delayMs: number, action: () => void): void {
    const timer = setTimeout(action, delayMs);
    this.#undo.push(() => clearTimeout(timer));
  }

  /** Calls `undo` at the end. */
  own(undo: () => void): void {
    this.#undo.push(undo);
  }

  [Symbol.dispose](): void {
    for (const undo of this.#undo.splice(0).reverse()) undo();
  }
}
