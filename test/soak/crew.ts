import { type ChildProcess, fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { COMPILER_FLAG } from '../compiler-flag.js';
import type { Ledger } from './ledger.js';
import type { Place } from './slots.js';
import type { ActorOrder, ActorReport, ActorSettings } from './soak-message.js';

const ACTOR = fileURLToPath(new URL('actor-process.ts', import.meta.url));
/** How long actors may take to finish the commands that they gave. */
const REST_MS = 240_000;

interface Member {
  readonly child: ChildProcess;
  resting: boolean;
}

/** The processes that give commands. */
export class Crew {
  readonly places: Place[];
  /** Numbers of slots that were moved at least once. */
  readonly moved = new Set<number>();
  readonly faults: string[] = [];
  readonly #members: readonly Member[];
  readonly #ledger: Ledger;
  #look = () => {};

  constructor(settings: readonly ActorSettings[], places: Place[], ledger: Ledger) {
    this.places = places;
    this.#ledger = ledger;
    this.#members = settings.map((given, number) => {
      const child = fork(ACTOR, [JSON.stringify(given)], { execArgv: [COMPILER_FLAG], detached: true });
      const member = { child, resting: true };
      child.on('message', (report) => this.#hear(number, member, report as ActorReport));
      child.on('exit', (code) => {
        if (code !== 0) this.#fault(`actor ${number} ended with ${code}`);
        member.resting = true;
        this.#look();
      });
      return member;
    });
  }

  /** Lets all actors act until `until` settles, or something is wrong. Settles when all of them rest. */
  async act(until: Promise<unknown>): Promise<void> {
    for (const member of this.#members) {
      member.resting = false;
      order(member, { type: 'go', places: this.places });
    }
    await Promise.race([until, this.#wait(() => this.faults.length > 0)]);
    for (const member of this.#members) order(member, { type: 'rest' });
    await this.#wait(() => this.#members.every(({ resting }) => resting), REST_MS);
  }

  /** Ends the actors, after the holders that they started have ended. */
  async end(): Promise<void> {
    for (const member of this.#members) order(member, { type: 'end' });
    await this.#wait(() => this.#members.every(({ child }) => child.exitCode !== null), REST_MS);
  }

  #hear(number: number, member: Member, report: ActorReport): void {
    switch (report.type) {
      case 'begin':
        this.#ledger.begin(number, report.words);
        break;
      case 'command':
        this.#ledger.end(number, report);
        break;
      case 'counts':
        this.#ledger.add(report.slot, report.counts);
        break;
      case 'place':
        this.#place(member, report.slot, report.place);
        break;
      case 'fault':
        this.#fault(`actor ${number}: ${report.what}`);
        break;
      case 'resting':
        member.resting = true;
        break;
    }
    this.#look();
  }

  #place(from: Member, slot: number, place: Place): void {
    if (place.away) this.moved.add(slot);
    this.places[slot] = place;
    for (const member of this.#members) if (member !== from) order(member, { type: 'place', slot, place });
  }

  #fault(what: string): void {
    this.faults.push(what);
    this.#look();
  }

  async #wait(done: () => boolean, timeoutMs?: number): Promise<void> {
    let timer: NodeJS.Timeout | undefined;
    await new Promise<void>((resolve) => {
      this.#look = () => done() && resolve();
      if (timeoutMs !== undefined)
        timer = setTimeout(() => {
          this.faults.push(`actors did not come to rest within ${timeoutMs} ms`);
          resolve();
        }, timeoutMs);
      this.#look();
    });
    clearTimeout(timer);
  }
}

function order({ child }: Member, message: ActorOrder): void {
  if (child.connected) child.send(message);
}
