import { existsSync, readdirSync } from 'node:fs';
import { Audit } from './audit.js';
import { Crew } from './crew.js';
import { LaunchedProcess } from './launched-process.js';
import { Ledger } from './ledger.js';
import { commandLine, openKinds, processesOf, RING_WORKERS_MAX, ringWorkers } from './rtap-processes.js';
import { namesOf, type Place, SLOTS } from './slots.js';
import { SoakSite } from './soak-site.js';

const ACTORS = 8;
/** Most time between two audits. */
const ROUND_MS = 45_000;
const PROGRESS_MS = 10_000;
/** How often processes are checked for kernel workers. */
const WORKERS_MS = 2000;
const END_MS = 60_000;

export interface SoakOptions {
  readonly minutes: number;
  readonly seed: number;
  /** Reports the progress. */
  readonly say: (line: string) => void;
  /** Settles when the soak must end early. */
  readonly stop: Promise<void>;
}

/**
 * Runs random commands on ten devices from eight processes. Audits everything again and again, and looks at the end
 * for what is left.
 */
export class SoakRun {
  readonly ledger = new Ledger();
  readonly #options: SoakOptions;
  readonly #site: SoakSite;
  readonly #monitor: LaunchedProcess;
  readonly #crew: Crew;
  readonly #faults: string[] = [];
  #audits = 0;
  #stopped = false;

  private constructor(options: SoakOptions, site: SoakSite, monitor: LaunchedProcess) {
    this.#options = options;
    this.#site = site;
    this.#monitor = monitor;
    const { rtap, awayPid } = site;
    const settings = Array.from({ length: ACTORS }, (_, actor) => {
      return { seed: options.seed * ACTORS + actor, rtap, awayPid };
    });
    this.#crew = new Crew(settings, SLOTS.map(initialPlace), this.ledger);
  }

  static async begin(options: SoakOptions): Promise<SoakRun> {
    const site = await SoakSite.enter();
    const monitor = new LaunchedProcess(site.rtap, ['monitor', '--initial', '--json']);
    await monitor.said(/watching/);
    for (const slot of SLOTS) {
      const [name] = namesOf(slot);
      await site.run(['create', name, '--persist', '--up', '--queues', String(slot.queues)]);
      const { pid } = await site.json<{ pid: number }>(['hold', name, '--detach']);
      site.holderOpens = openKinds(pid);
    }
    return new SoakRun(options, site, monitor);
  }

  /** Returns what is wrong, in sentences; none if all is well. */
  async run(): Promise<readonly string[]> {
    const { minutes, stop, say } = this.#options;
    const end = performance.now() + minutes * 60_000;
    void stop.then(() => {
      this.#stopped = true;
    });
    const progress = setInterval(() => say(this.#progress(end)), PROGRESS_MS);
    const workers = setInterval(() => this.#lookForWorkers(), WORKERS_MS);
    try {
      while (this.#faults.length === 0 && performance.now() < end && !this.#stopped) await this.#round(end);
      if (this.#faults.length === 0) await this.#finish();
      return this.#faults;
    } finally {
      clearInterval(progress);
      clearInterval(workers);
      // The processes that it started, running or not.
      for (const pid of processesOf(this.#site.runtime)) kill(pid);
    }
  }

  #progress(end: number): string {
    const left = Math.max(0, Math.round((end - performance.now()) / 1000));
    const { commands, frames } = this.ledger;
    return `${left} s left, ${commands} commands, ${frames} frames, ${this.#audits} audits`;
  }

  async #round(end: number): Promise<void> {
    let timer: NodeJS.Timeout | undefined;
    const over = new Promise((resolve) => {
      timer = setTimeout(resolve, Math.min(ROUND_MS, end - performance.now()));
    });
    await this.#crew.act(Promise.race([over, this.#options.stop]));
    clearTimeout(timer);
    this.#faults.push(...this.#crew.faults);
    if (this.#monitor.over) this.#faults.push('the monitor has ended');
    if (this.#faults.length > 0) return;
    const audit = new Audit(this.#site, this.ledger, this.#crew.moved);
    this.#faults.push(...(await audit.run(() => this.#monitor.stdout)));
    this.#audits += 1;
    for (const { slot, away, link } of this.#site.devices())
      this.#crew.places[slot.number] = { name: link.ifname, away };
  }

  #lookForWorkers(): void {
    for (const pid of processesOf(this.#site.runtime)) {
      const workers = ringWorkers(pid);
      if (workers.length > RING_WORKERS_MAX)
        this.#crew.faults.push(`${commandLine(pid)} has ${workers.join(' ')}`);
    }
  }

  /** Ends everything, and looks for what is left. */
  async #finish(): Promise<void> {
    for (const { away, link } of this.#site.devices()) {
      const { holder } = await this.#site.json<{ holder: object | null }>(['show', link.ifname], away);
      if (holder !== null) await this.#site.run(['release', link.ifname], away);
      await this.#site.run(['delete', link.ifname, '--missing-ok'], away);
    }
    await this.#crew.end();
    this.#faults.push(...this.#crew.faults);
    this.#monitor.signal('SIGINT');
    const { code, stderr } = await this.#monitor.ended();
    if (code !== 0 || !/^monitor: watching all TAP devices\n$/.test(stderr))
      this.#faults.push(`the monitor ended with ${code}: ${stderr}`);
    await this.#site.run(['gc'], true);
    await this.#site.run(['gc']);
    await this.#lookForLeftovers();
  }

  async #lookForLeftovers(): Promise<void> {
    const end = performance.now() + END_MS;
    let left = this.#leftovers();
    while (left.length > 0 && performance.now() < end) {
      await new Promise((resolve) => setTimeout(resolve, 100));
      left = this.#leftovers();
    }
    this.#faults.push(...left);
  }

  #leftovers(): string[] {
    const { runtime } = this.#site;
    const files = existsSync(runtime) ? readdirSync(runtime, { recursive: true }).map(String) : [];
    const links = [false, true]
      .flatMap((away) => this.#site.links(away))
      .filter(({ ifname }) => ifname !== 'lo');
    return [
      ...files.map((name) => `${name} is left in the runtime directory`),
      ...links.map(({ ifname }) => `the device ${ifname} is left`),
      ...processesOf(runtime).map((pid) => `${commandLine(pid)} (pid ${pid}) is left`),
    ];
  }
}

function initialPlace(slot: (typeof SLOTS)[number]): Place {
  return { name: namesOf(slot)[0], away: false };
}

function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It has ended by itself.
  }
}
