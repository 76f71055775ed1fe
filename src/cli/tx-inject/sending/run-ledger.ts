import { Ledger } from './ledger.js';

/** The ledger of a run: one for each queue, and one for frames that went to none. */
export class RunLedger {
  readonly #onFirst: (code: string) => void;
  readonly #seen = new Set<string>();
  /** Frames that went to no queue. */
  readonly unplaced: Ledger;
  /** In the order of the queues. */
  readonly queues: { readonly number: number; readonly ledger: Ledger }[] = [];

  /** Calls `onFirst` with each errno when it comes for the first time. */
  constructor(onFirst: (code: string) => void = () => {}) {
    this.#onFirst = onFirst;
    this.unplaced = this.#make();
  }

  /** Adds a queue, and returns its ledger. */
  open(number: number): Ledger {
    const ledger = this.#make();
    this.queues.push({ number, ledger });
    return ledger;
  }

  /** The sum of all. */
  total(): Ledger {
    const total = new Ledger();
    total.add(this.unplaced);
    for (const { ledger } of this.queues) total.add(ledger);
    return total;
  }

  #make(): Ledger {
    return new Ledger((code) => {
      if (this.#seen.has(code)) return;
      this.#seen.add(code);
      this.#onFirst(code);
    });
  }
}
