import { SLOTS } from './slots.js';
import type { CommandReport, SlotCounts } from './soak-message.js';

/** How many of the last commands are printed when something went wrong. */
const LAST_COMMANDS = 40;

export type FrameSums = { -readonly [Name in keyof SlotCounts]-?: number };

/** What the actors did: sums of each slot's frames, and the commands with their results. */
export class Ledger {
  readonly #sums = SLOTS.map((): FrameSums => {
    return {
      accepted: 0,
      refused: 0,
      perhapsAccepted: 0,
      taken: 0,
      attempts: 0,
      killedSenders: 0,
      killedReaders: 0,
    };
  });
  readonly #outcomes = new Map<string, number>();
  readonly #last: string[] = [];
  #commands = 0;

  get commands(): number {
    return this.#commands;
  }

  sums(slot: number): Readonly<FrameSums> {
    return this.#sums[slot]!;
  }

  /** Frames in and out so far. */
  get frames(): number {
    return this.#sums.reduce((all, { accepted, taken }) => all + accepted + taken, 0);
  }

  add(slot: number, counts: SlotCounts): void {
    const sums = this.#sums[slot]!;
    for (const name of Object.keys(counts) as (keyof SlotCounts)[]) sums[name] += counts[name] ?? 0;
  }

  /** @param actor number of the actor, from 0 */
  begin(actor: number, words: readonly string[]): void {
    this.#remember(`${actor} ${words.join(' ')}`);
  }

  end(actor: number, { words, code, signal, stderr, seconds }: CommandReport): void {
    this.#commands += 1;
    this.#remember(`${actor} ${words.join(' ')}: ${code ?? signal} after ${seconds.toFixed(2)} s`);
    const command = words[0] === 'ip' ? `ip ${words.at(-2)}` : words[0] === 'python3' ? words[1] : words[0];
    const outcome = `${command} ${code ?? signal} ${code === 0 ? '' : errorLine(stderr)}`.trimEnd();
    this.#outcomes.set(outcome, (this.#outcomes.get(outcome) ?? 0) + 1);
  }

  /** The last commands, the latest last. */
  get last(): readonly string[] {
    return this.#last;
  }

  /** How often each command ended in each way, the most frequent first. */
  get outcomes(): string[] {
    return [...this.#outcomes]
      .sort(([, left], [, right]) => right - left)
      .map(([outcome, count]) => `${String(count).padStart(6)}  ${outcome}`);
  }

  #remember(line: string): void {
    const seconds = (performance.now() / 1000).toFixed(2).padStart(8);
    this.#last.push(`${seconds} ${line}`);
    if (this.#last.length > LAST_COMMANDS) this.#last.shift();
  }
}

/** The line of an error, without names and numbers. */
function errorLine(stderr: string): string {
  const line = stderr.split('\n').find((text) => text.startsWith('rtap: ')) ?? '';
  return line.replace(/\bsk\d+x?\b/g, 'sk').replace(/\d+/g, 'N');
}
