import type { Forwarding, LaneReport } from '../../tap/forward/forwarding.js';
import { formatDateTime } from '../output/date-time.js';
import { jsonText } from '../output/escapes.js';
import type { LineOutput } from '../output/line-output.js';
import { formatBitRate, formatPacketRate } from '../output/rate-text.js';
import type { ForwardedDevice } from './forwarded-device.js';

const MS_PER_SECOND = 1000;

/** Totals at one moment: frames and bytes sent out of each device, frames refused, frames missed of each device. */
interface Sample {
  readonly timeMs: number;
  readonly sent: readonly [number, number];
  readonly sentBytes: readonly [number, number];
  readonly refused: number;
  readonly missed: readonly [number, number];
}

/** Writes the rates of a forwarder at regular intervals: each time a line, or an object with `json`. */
export class ForwardRates implements Disposable {
  readonly #forwarding: Forwarding;
  readonly #devices: readonly [ForwardedDevice, ForwardedDevice];
  readonly #output: LineOutput;
  readonly #json: boolean;
  readonly #timer: NodeJS.Timeout;
  #before: Sample;

  constructor(
    forwarding: Forwarding,
    devices: readonly [ForwardedDevice, ForwardedDevice],
    {
      output,
      json,
      intervalMs,
    }: { readonly output: LineOutput; readonly json: boolean; readonly intervalMs: number },
  ) {
    this.#forwarding = forwarding;
    this.#devices = devices;
    this.#output = output;
    this.#json = json;
    this.#before = this.#sample();
    this.#timer = setInterval(() => this.#write(), intervalMs);
  }

  [Symbol.dispose](): void {
    clearInterval(this.#timer);
  }

  #write(): void {
    const before = this.#before;
    const after = this.#sample();
    this.#before = after;
    const seconds = (after.timeMs - before.timeMs) / MS_PER_SECOND;
    const time = new Date();
    const refused = after.refused - before.refused;
    const directions = ([0, 1] as const).map((from) => this.#rateOf(from, { before, after, seconds }));
    const line = this.#json
      ? jsonText({ time: time.toISOString(), seconds: rounded(seconds), refused, directions })
      : describe(time, directions, refused);
    this.#output.write(line);
  }

  #rateOf(
    from: 0 | 1,
    { before, after, seconds }: { readonly before: Sample; readonly after: Sample; readonly seconds: number },
  ): DirectionRate {
    return {
      from: this.#devices[from].name,
      to: this.#devices[from === 0 ? 1 : 0].name,
      packetsPerSecond: rounded((after.sent[from] - before.sent[from]) / seconds),
      bitsPerSecond: rounded(((after.sentBytes[from] - before.sentBytes[from]) * 8) / seconds),
      missed: after.missed[from] - before.missed[from],
    };
  }

  #sample(): Sample {
    const lanes = this.#forwarding.report();
    const sum = (from: 0 | 1, of: (lane: LaneReport) => number) =>
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

/** The rates of one direction, all queues together. */
interface DirectionRate {
  readonly from: string;
  readonly to: string;
  readonly packetsPerSecond: number;
  readonly bitsPerSecond: number;
  readonly missed: number;
}

function describe(time: Date, directions: readonly DirectionRate[], refused: number): string {
  const rates = directions.map(
    ({ from, to, packetsPerSecond, bitsPerSecond, missed }) =>
      `${from} -> ${to} ${formatPacketRate(packetsPerSecond)}, ${formatBitRate(bitsPerSecond)}, ${missed} missed`,
  );
  return `${formatDateTime(time)} ${rates.join('; ')}${refused === 0 ? '' : `; ${refused} refused`}`;
}

function countOf(refused: Readonly<Record<string, number>>): number {
  return Object.values(refused).reduce((sum, count) => sum + count, 0);
}

function rounded(value: number): number {
  return Math.round(value * 1000) / 1000;
}
