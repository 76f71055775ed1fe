import { FilterProgram } from '../../../sys/libpcap.js';

/**
 * Which frames a dump shows: a filter expression of pcap-filter(7), compiled by libpcap, which is loaded only for this.
 *
 * It sees a frame as the user does: checksums finished, VLAN tags in place. An empty expression matches everything.
 */
export class FrameFilter implements Disposable {
  readonly #program: FilterProgram | undefined;

  private constructor(program: FilterProgram | undefined) {
    this.#program = program;
  }

  /**
   * Compiles `expression`. Throws a TypeError with libpcap's words when it is none, an UnavailableError (facility
   * `libpcap`) where libpcap is missing.
   */
  static compile(expression: string): FrameFilter {
    return new FrameFilter(expression.trim() === '' ? undefined : FilterProgram.compile(expression));
  }

  /** Whether `frame` is to be shown; its `originalLength` in bytes is what the expression calls `len`. */
  matches(frame: Uint8Array, originalLength: number): boolean {
    return this.#program === undefined || this.#program.accepts(frame, originalLength);
  }

  [Symbol.dispose](): void {
    this.#program?.[Symbol.dispose]();
  }
}
