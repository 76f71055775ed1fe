import type { Forwarding } from '../../tap/forwarding.js';
import type { Console } from '../console.js';
import { shortNumber } from '../stats/rate-report.js';
import type { ForwardedDevice } from './forwarded-device.js';

const MS_PER_SECOND = 1000;

/** What had been carried at a moment: frames and bytes sent each way, frames refused, frames missed of each device. */
interface Sample {
  readonly timeMs: number;
  readonly sent: readonly [number, number];
  readonly sentBytes: readonly [number, number];
  readonly refused: number;
  readonly missed: readonly [number, number];
}

/** Prints the rates of a forwarder at even intervals: a line, or with `json` an object, each. */
export class ForwardRates implements Disposable {
  readonly #forwarding: Forwarding;
  readonly #devices: readonly [ForwardedDevice, ForwardedDevice];
  readonly #console: Console;
  readonly #json: boolean;
  readonly #timer: NodeJS.Timeout;
  #before: Sample;

  constructor(
    forwarding: Forwarding,
    devices: readonly [ForwardedDevice, ForwardedDevice],
    {
      console,
      json,
      interval,
    }: { readonly console: Console; readonly json: boolean; readonly interval: number },
  ) {
    this.#forwarding = forwarding;
    this.#devices = devices;
    this.#console = console;
    this.#json = json;
    this.#before = this.#sample();
    this.#timer = setInterval(() => this.#print(), interval * MS_PER_SECOND);
  }

  [Symbol.dispose](): void {
    clearInterval(this.#timer);
  }

  #print(): void {
    const before = this.#before;
    const after = this.#sample();
    this.#before = after;
    const seconds = (after.timeMs - before.timeMs) / MS_PER_SECOND;
    const time = new Date().toISOString();
    const [first, second] = this.#devices;
    const ways = ([0, 1] as const).map((way) => ({
      from: (way === 0 ? first : second).name,
      to: (way === 0 ? second : first).name,
      packetsPerSecond: rounded((after.sent[way] - before.sent[way]) / seconds),
      bitsPerSecond: rounded(((after.sentBytes[way] - before.sentBytes[way]) * 8) / seconds),
      missed: after.missed[way] - before.missed[way],
    }));
    const refused = after.refused - before.refused;
    if (this.#json) this.#console.printJson({ time, seconds: rounded(seconds), refused, directions: ways });
    else this.#console.print(describe(time, ways, refused));
  }

  #sample(): Sample {
    const lanes = this.#forwarding.report();
    const sum = (from: 0 | 1, of: (lane: (typeof lanes)[number]) => number) =>
      lanes.reduce((total, lane) => (lane.from === from ? total + of(lane) : total), 0);
    return {
      timeMs: performance.now(),
      sent: [sum(0, ({ sent }) => sent), sum(1, ({ sent }) => sent)],
      sentBytes: [sum(0, ({ sentBytes }) => sentBytes), sum(1, ({ sentBytes }) => sentBytes)],
      refused: lanes.reduce((total, { refused }) => total + countOf(refused), 0),
      missed: [this.#devices[0].missed, this.#devices[1].missed],
    };
  }
}

interface WayRate {
  readonly from: string;
  readonly to: string;
  readonly packetsPerSecond: number;
  readonly bitsPerSecond: number;
  readonly missed: number;
}

function describe(time: string, ways: readonly WayRate[], refused: number): string {
  const clock = time.replace('T', ' ').replace('Z', '');
  const rates = ways.map(
    ({ from, to, packetsPerSecond, bitsPerSecond, missed }) =>
      `${from} -> ${to} ${shortNumber(packetsPerSecond)} pps ${shortNumber(bitsPerSecond)} bit/s, ${missed} missed`,
  );
  return `${clock} ${rates.join('; ')}${refused === 0 ? '' : `; ${refused} refused`}`;
}

function countOf(refused: Readonly<Record<string, number>>): number {
  return Object.values(refused).reduce((sum, count) => sum + count, 0);
}

function rounded(value: number): number {
  return Math.round(value * 1000) / 1000;
}
