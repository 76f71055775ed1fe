import { Links } from '../../netlink/links.js';
import {
  type DeviceStatistics,
  readAllLifetimeCounts,
  readLifetimeCounts,
} from '../../tap/counters/device-statistics.js';
import { findTap } from '../../tap/link/tap-link.js';
import { RateHistory } from '../stats/rate-history.js';
import { type RateSample, ratesBetween } from '../stats/rate-sample.js';
import type { RatedDevice } from '../stats/rate-table.js';

const MS_PER_SECOND = 1000;

interface Followed {
  readonly sample: RateSample;
  readonly device: RatedDevice;
}

/** The devices that are watched, reading by reading. */
export class TopDevices {
  readonly #named: readonly NamedDevice[] | undefined;
  #followed = new Map<number, Followed>();

  /**
   * Throws a SystemError for a name that no TAP has.
   *
   * @param names none for all TAPs of the network namespace, also those that are made later
   */
  constructor(names: readonly string[]) {
    const links = names.map((name) => findTap(name, 'watch'));
    const indexes = [...new Set(links.map(({ index }) => index))];
    this.#named = names.length === 0 ? undefined : indexes.map((index) => new NamedDevice(index));
  }

  /** Names of devices that were given and are gone. */
  get absent(): readonly string[] {
    return (this.#named ?? []).filter(({ isPresent }) => !isPresent).map(({ name }) => name);
  }

  /** Reads all counters. Returns the rates since the last reading, which are 0 for a device that is new. */
  read(): RatedDevice[] {
    const all = this.#named?.map((device) => device.read()) ?? readAllLifetimeCounts();
    const present = all.filter((statistics) => statistics !== undefined);
    this.#followed = new Map(present.map((statistics) => [statistics.ifindex, this.#follow(statistics)]));
    return [...this.#followed.values()].map(({ device }) => device);
  }

  #follow(statistics: DeviceStatistics): Followed {
    const sample = { timeMs: performance.now(), statistics };
    const before = this.#followed.get(statistics.ifindex);
    const rates = ratesBetween(
      before?.sample ?? { ...sample, timeMs: sample.timeMs - MS_PER_SECOND },
      sample,
    );
    const history = before?.device.history ?? new RateHistory();
    history.add(rates);
    return { sample, device: { rates, history } };
  }
}

/** A device that was given by its name. It is followed to another name, and found again when it is made anew. */
class NamedDevice {
  #ifindex: number;
  #name = '';
  #isPresent = true;

  constructor(ifindex: number) {
    this.#ifindex = ifindex;
  }

  /** The last known name. */
  get name(): string {
    return this.#name;
  }

  get isPresent(): boolean {
    return this.#isPresent;
  }

  read(): DeviceStatistics | undefined {
    const statistics = readLifetimeCounts(this.#ifindex) ?? this.#findAgain();
    this.#isPresent = statistics !== undefined;
    this.#name = statistics?.name ?? this.#name;
    return statistics;
  }

  #findAgain(): DeviceStatistics | undefined {
    using links = Links.open();
    const link = links.byName(this.#name);
    if (link?.tun?.type !== 'tap') return undefined;
    this.#ifindex = link.index;
    return readLifetimeCounts(link.index);
  }
}
