import { readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { type Ended, LaunchedProcess } from './launched-process.js';
import { SeededChoice } from './seeded-choice.js';
import { namesOf, type Place, SLOTS, type Slot } from './slots.js';
import type { ActorReport, ActorSettings, CommandReport, SlotCounts } from './soak-message.js';

/** Exit codes that a command may have while others are at work: done, refused by the kernel, some frames missing. */
const CODES: readonly (number | null)[] = [0, 2, 3];
/** Output that no user may see. */
const STACK_TRACE = /^\s+at .*:\d+|^\w*Error\b|internal error/m;

/** One of the processes that give random commands: what it starts, what it knows, and where it reports. */
export class Actor {
  readonly choice: SeededChoice;
  readonly places: Place[] = SLOTS.map((slot) => ({ name: namesOf(slot)[0], away: false }));
  readonly #settings: ActorSettings;
  readonly #tell: (report: ActorReport) => void;
  readonly #holders = new Map<LaunchedProcess, Promise<void>>();

  constructor(settings: ActorSettings, tell: (report: ActorReport) => void) {
    this.#settings = settings;
    this.#tell = tell;
    this.choice = new SeededChoice(settings.seed);
  }

  /** A process in the other network namespace. */
  get awayPid(): number {
    return this.#settings.awayPid;
  }

  place({ number }: Slot): Place {
    return this.places[number]!;
  }

  moveTo(slot: Slot, place: Place): void {
    this.places[slot.number] = place;
    this.#tell({ type: 'place', slot: slot.number, place });
  }

  note({ number }: Slot, counts: SlotCounts): void {
    this.#tell({ type: 'counts', slot: number, counts });
  }

  fault(what: string): void {
    this.#tell({ type: 'fault', what });
  }

  /** Returns the words of `rtap COMMAND DEVICE ...`, with the place where the device of `slot` was seen last. */
  words(command: string, slot: Slot, ...others: readonly string[]): string[] {
    const { name, away } = this.place(slot);
    const netns = away ? ['--netns', String(this.#settings.awayPid)] : [];
    return [command, name, ...others, ...netns];
  }

  /** Starts rtap. */
  start(words: readonly string[]): LaunchedProcess {
    this.#tell({ type: 'begin', words });
    return new LaunchedProcess(this.#settings.rtap, words);
  }

  /** Runs another program to its end, in the network namespace that the device of `slot` is in. */
  async runBeside(slot: Slot, program: string, words: readonly string[]): Promise<Ended> {
    const { away } = this.place(slot);
    const inside = ['-t', String(this.#settings.awayPid), '-n', program, ...words];
    const [shown, others] = [
      [basename(program), ...words.map((word) => basename(word))],
      away ? inside : words,
    ];
    this.#tell({ type: 'begin', words: shown });
    const ended = await new LaunchedProcess(away ? 'nsenter' : program, others).ended();
    this.#tell({ type: 'command', words: shown, ...ended });
    return ended;
  }

  /** Runs rtap to its end. */
  run(words: readonly string[]): Promise<CommandReport & { readonly stdout: string }> {
    return this.finish(this.start(words));
  }

  /** Waits for the end of rtap, and reports one that no user may see. `sent` is a signal that may have ended it. */
  async finish(
    process: LaunchedProcess,
    sent?: NodeJS.Signals,
  ): Promise<CommandReport & { readonly stdout: string }> {
    return this.#judge(process, await process.ended(), sent);
  }

  #judge(
    process: LaunchedProcess,
    { stdout, ...end }: Ended,
    sent: NodeJS.Signals | undefined,
  ): CommandReport & { readonly stdout: string } {
    const { code, signal, stderr } = end;
    const report: CommandReport = { type: 'command', words: process.words, ...end };
    this.#tell(report);
    const wellEnded = signal === null ? CODES.includes(code) : signal === sent;
    if (!wellEnded || STACK_TRACE.test(stderr))
      this.fault(`${process.words.join(' ')}: ended with ${code ?? signal}\n${stderr}`);
    return { ...report, stdout };
  }

  /** Lets an rtap process that holds a device run on. Its end is judged when it comes. */
  keep(holder: LaunchedProcess): void {
    const end = holder.end.then((ended) => {
      this.#judge(holder, ended, 'SIGKILL');
      this.#holders.delete(holder);
    });
    this.#holders.set(holder, end);
  }

  /** Kills a process that works with this runtime directory, but no other process that got its number meanwhile. */
  kill(pid: number): boolean {
    try {
      const environment = readFileSync(`/proc/${pid}/environ`, 'utf8').split('\0');
      if (!environment.includes(`RTAP_RUNTIME_DIR=${process.env.RTAP_RUNTIME_DIR}`)) return false;
      process.kill(pid, 'SIGKILL');
      return true;
    } catch {
      return false;
    }
  }

  /** Waits for the processes that run on. */
  async holdersEnded(): Promise<void> {
    await Promise.all(this.#holders.values());
  }

  pause(leastMs: number, mostMs: number): Promise<void> {
    return new Promise((resolve) => setTimeout(resolve, this.choice.whole(leastMs, mostMs)));
  }
}
