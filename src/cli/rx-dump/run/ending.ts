/** Why a run ends. */
export type EndReason = 'count' | 'duration' | 'signal' | 'gone' | 'output';

/** The end of a run. It can have several reasons; the first one counts. */
export class Ending {
  /** Resolves with the reason. */
  readonly reached: Promise<EndReason>;
  #settle: (reason: EndReason) => void = () => {};
  #reason: EndReason | undefined;

  constructor() {
    this.reached = new Promise((resolve) => {
      this.#settle = resolve;
    });
  }

  /** The reason, once there is one. */
  get reason(): EndReason | undefined {
    return this.#reason;
  }

  reach(reason: EndReason): void {
    this.#reason ??= reason;
    this.#settle(this.#reason);
  }
}
