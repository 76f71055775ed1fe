import { isDeepStrictEqual } from 'node:util';
import { disagreements, type ExtendedCounters } from './counter-identities.js';
import { unexplained } from './frame-proof.js';
import type { Ledger } from './ledger.js';
import { monitoredDevices } from './monitored-devices.js';
import { commandLine, openKinds, processesOf, RING_WORKERS_MAX, ringWorkers } from './rtap-processes.js';
import type { SiteDevice, SoakSite } from './soak-site.js';
import { takenPackets } from './taken-packets.js';

/** Statistics as `rtap stats --json` prints them. */
interface Statistics {
  readonly rx: { readonly packets: number; readonly errors: number; readonly missed: number };
  readonly tx: { readonly packets: number; readonly errors: number };
}

/** What `--reset` keeps in base.json. */
interface CounterBase {
  readonly queues?: readonly Readonly<Record<string, number>>[];
  readonly kernel?: Readonly<Record<string, number>>;
}

interface View {
  readonly holder: { readonly pid: number } | null;
  /** Null if the holder does not answer. */
  readonly leases: readonly unknown[] | null;
}

/** How long the monitor may take to print what it must ask for. */
const MONITOR_MS = 30_000;

/** Checks everything while no process acts. Returns what is wrong. */
export class Audit {
  readonly #site: SoakSite;
  readonly #ledger: Ledger;
  /** Numbers of slots that were moved at least once. */
  readonly #moved: ReadonlySet<number>;
  readonly #faults: string[] = [];
  readonly #holders = new Map<number, number>();

  constructor(site: SoakSite, ledger: Ledger, moved: ReadonlySet<number>) {
    this.#site = site;
    this.#ledger = ledger;
    this.#moved = moved;
  }

  /** @param monitored everything that the monitor has printed */
  async run(monitored: () => string): Promise<string[]> {
    for (const device of this.#site.devices()) await this.#lookAt(device);
    this.#lookAtProcesses();
    await this.#compareMonitor(monitored);
    return this.#faults;
  }

  async #lookAt(device: SiteDevice): Promise<void> {
    const { slot, away, link } = device;
    const name = link.ifname;
    // The frames that wait are read now: they were neither read nor dropped before.
    const { stderr } = await this.#site.run(['rx-dump', name, '--duration', '1ms', '--count'], away);
    this.#ledger.add(slot.number, { taken: takenPackets(stderr) });
    const { holder, leases } = await this.#site.json<View>(['show', name], away);
    if (leases === null) this.#fault(device, 'its holder does not answer');
    else if (leases.length > 0) this.#fault(device, `${leases.length} leases are left`);
    if (holder === null && !slot.holderEnds) this.#fault(device, 'its holder is gone');
    if (holder !== null) this.#holders.set(holder.pid, link.linkinfo.info_data.numqueues ?? 0);
    await this.#prove(device);
  }

  async #prove(device: SiteDevice): Promise<void> {
    const { slot, away, link } = device;
    const { rx, tx } = await this.#site.json<Statistics>(['stats', link.ifname], away);
    const base = JSON.parse(this.#site.deviceFile(device, 'base.json')) as CounterBase;
    const before = (counter: string) =>
      (base.queues ?? []).reduce((sum, queue) => sum + (queue[counter] ?? 0), 0);
    const { stats64 } = this.#site.links(away).find(({ ifindex }) => ifindex === link.ifindex)!;
    const missed = rx.missed + (base.kernel?.['tx.dropped'] ?? 0);
    if (missed !== stats64.tx.dropped) this.#fault(device, `missed: ${missed} is not ${stats64.tx.dropped}`);
    const faults = unexplained({
      slot,
      kernel: { received: stats64.rx.packets, sent: stats64.tx.packets, dropped: stats64.tx.dropped },
      counted: {
        received: rx.packets + before('rxPackets'),
        receiveErrors: rx.errors + before('rxErrors'),
        sent: tx.packets + before('txPackets'),
        sendErrors: tx.errors + before('txErrors'),
      },
      said: this.#ledger.sums(slot.number),
      moved: this.#moved.has(slot.number),
    });
    for (const fault of faults) this.#fault(device, fault);
    if (!slot.usersKilled) await this.#proveExtended(device);
  }

  /**
   * Returns whether no process was killed between two counters of a burst, and the counters were not reset meanwhile.
   */
  async #proveExtended(device: SiteDevice): Promise<void> {
    const { away, link } = device;
    const { xstats } = await this.#site.json<{ xstats: ExtendedCounters }>(
      ['stats', link.ifname, '--extended'],
      away,
    );
    const { stats64 } = this.#site.links(away).find(({ ifindex }) => ifindex === link.ifindex)!;
    for (const [name, bytes] of [
      ['rx_good_bytes', stats64.tx.bytes],
      ['tx_good_bytes', stats64.rx.bytes],
    ] as const)
      if (xstats[name] !== bytes) this.#fault(device, `${name}: ${xstats[name]}, of the kernel's ${bytes}`);
    for (const fault of disagreements(xstats)) this.#fault(device, fault);
  }

  #fault({ link, away }: SiteDevice, what: string): void {
    this.#faults.push(`${link.ifname}${away ? ' (away)' : ''}, index ${link.ifindex}: ${what}`);
  }

  #lookAtProcesses(): void {
    for (const pid of processesOf(this.#site.runtime)) {
      const workers = ringWorkers(pid);
      if (workers.length > RING_WORKERS_MAX)
        this.#faults.push(`${commandLine(pid)} (pid ${pid}) has ${workers.join(' ')}`);
    }
    for (const [pid, queues] of this.#holders) {
      const [open, wanted] = [openKinds(pid), { ...this.#site.holderOpens, tun: queues }];
      if (!isDeepStrictEqual(open, wanted))
        this.#faults.push(
          `${commandLine(pid)} (pid ${pid}) has open ${JSON.stringify(open)}, not ${JSON.stringify(wanted)}`,
        );
    }
  }

  /** Compares the sum of the monitor's events with the present state. */
  async #compareMonitor(monitored: () => string): Promise<void> {
    const end = performance.now() + MONITOR_MS;
    for (;;) {
      const differences = await this.#monitorDifferences(monitored());
      if (differences.length === 0) return;
      if (performance.now() > end) {
        this.#faults.push(...differences);
        return;
      }
      await new Promise((resolve) => setTimeout(resolve, 500));
    }
  }

  async #monitorDifferences(lines: string): Promise<string[]> {
    const known = monitoredDevices(lines);
    const present = this.#site.devices().filter(({ away }) => !away);
    const differences = [...known.keys()]
      .filter((ifindex) => !present.some(({ link }) => link.ifindex === ifindex))
      .map((ifindex) => `the monitor believes in a device of index ${ifindex}`);
    for (const { link } of present) {
      const { holder } = await this.#site.json<View>(['show', link.ifname]);
      const { ifname, mtu, stats64, flags } = link;
      const is = {
        ifname,
        up: flags.includes('UP'),
        mtu,
        missed: stats64.tx.dropped,
        holder: holder?.pid ?? null,
      };
      const seen = known.get(link.ifindex);
      if (JSON.stringify(seen) !== JSON.stringify(is))
        differences.push(`the monitor says ${JSON.stringify(seen)}, ip and show ${JSON.stringify(is)}`);
    }
    return differences;
  }
}
