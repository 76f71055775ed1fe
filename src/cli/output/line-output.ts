import { printableText } from './escapes.js';
import { OutputWriter } from './output-writer.js';

const STDOUT = 1;

/** Lines on standard output without end. A slow reader delays nothing: the lines that are too many for it are dropped. */
export class LineOutput implements Disposable {
  /** Resolves when the reader has left; rejects when nothing more can be written. */
  readonly closed: Promise<'closed'>;
  readonly #output = new OutputWriter(STDOUT, false, { unbuffered: true });
  readonly #encoder = new TextEncoder();

  constructor() {
    this.closed = new Promise((resolve, reject) => {
      this.#output.onError(() => {
        const { error } = this.#output;
        if (error?.code === 'EPIPE') resolve('closed');
        else reject(Object.assign(error ?? new Error(), { path: 'standard output' }));
      });
    });
    // Notices that the reader leaves while there is nothing to write, too.
    this.#output.followReader();
  }

  /** Lines that the reader was too slow for. If it has left, it misses none. */
  get dropped(): number {
    return this.#output.error === undefined ? this.#output.dropped : 0;
  }

  write(line: string): void {
    this.#output.write(this.#encoder.encode(`${printableText(line)}\n`));
    this.#output.flush();
  }

  /** Settles when the reader has everything, or has left, at the latest after `timeoutMs`. */
  drain(timeoutMs: number): Promise<void> {
    return this.#output.drain(timeoutMs);
  }

  [Symbol.dispose](): void {
    this.#output[Symbol.dispose]();
  }
}
