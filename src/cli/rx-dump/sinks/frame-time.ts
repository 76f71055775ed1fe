import { formatZone } from '../../output/date-time.js';
import type { CapturedFrame } from './captured-frame.js';

/** The time before each line, by how often `-t` was given. */
export type TimeStyle = 'clock' | 'none' | 'epoch' | 'previous' | 'date' | 'first';

/** The styles for no `-t`, `-t`, `-tt`, … */
export const TIME_STYLES: readonly TimeStyle[] = ['clock', 'none', 'epoch', 'previous', 'date', 'first'];

const NANOSECONDS_PER_SECOND = 1_000_000_000;
const SECONDS_PER_DAY = 86_400;
/** tcpdump's words for a time outside the calendar, which pcapng can contain. */
const UNCONVERTIBLE = '[Error converting time]';

/** The time of a frame. */
export type Moment = Pick<CapturedFrame, 'seconds' | 'nanoseconds' | 'exactSeconds'>;

/**
 * Formats times as tcpdump does: local time, or the time since another frame, in micro- or nanoseconds. A date has the form of
 * RFC 3339, with the zone: tcpdump prints a blank instead of the T, and no zone.
 */
export class FrameTime {
  readonly #style: TimeStyle;
  readonly #nanosecondsShown: boolean;
  #second = Number.NaN;
  #clock = '';
  /** The offset from UTC, behind a date. */
  #zone = '';
  #referenceSeconds = 0;
  #referenceNanoseconds = 0;
  #referenceKnown = false;

  constructor(style: TimeStyle, nanosecondsShown: boolean) {
    this.#style = style;
    this.#nanosecondsShown = nanosecondsShown;
  }

  /** The time and a blank; '' if no time is wanted. */
  format({ seconds, nanoseconds, exactSeconds }: Moment): string {
    switch (this.#style) {
      case 'none':
        return '';
      case 'epoch':
        return `${this.#epoch(exactSeconds ?? seconds, nanoseconds)} `;
      case 'previous':
      case 'first':
        return this.#difference(seconds, nanoseconds);
      case 'clock':
      case 'date':
        return this.#clockOf(seconds) === UNCONVERTIBLE
          ? `${UNCONVERTIBLE} `
          : `${this.#clock}${this.#fraction(nanoseconds)}${this.#zone} `;
    }
  }

  #epoch(seconds: number | bigint, nanoseconds: number): string {
    const text = formatEpoch(seconds, nanoseconds);
    return this.#nanosecondsShown ? text : text.slice(0, -3);
  }

  #fraction(nanoseconds: number): string {
    if (this.#nanosecondsShown) return `.${String(nanoseconds).padStart(9, '0')}`;
    return `.${String(Math.floor(nanoseconds / 1000)).padStart(6, '0')}`;
  }

  /** Local time, formatted once a second. */
  #clockOf(seconds: number): string {
    if (seconds !== this.#second) {
      this.#second = seconds;
      const time = new Date(seconds * 1000);
      if (Number.isNaN(time.getTime())) {
        this.#clock = UNCONVERTIBLE;
        return this.#clock;
      }
      const clock = join(':', time.getHours(), time.getMinutes(), time.getSeconds());
      const day = `${time.getFullYear()}-${join('-', time.getMonth() + 1, time.getDate())}`;
      const isDated = this.#style === 'date';
      this.#clock = isDated ? `${day}T${clock}` : clock;
      this.#zone = isDated ? formatZone(-time.getTimezoneOffset()) : '';
    }
    return this.#clock;
  }

  /** As tcpdump: a blank or a minus, then hours to seconds. Whole days are left out. */
  #difference(seconds: number, nanoseconds: number): string {
    if (!this.#referenceKnown) this.#refer(seconds, nanoseconds);
    let wholeSeconds = seconds - this.#referenceSeconds;
    let rest = nanoseconds - this.#referenceNanoseconds;
    const isNegative = wholeSeconds < 0 || (wholeSeconds === 0 && rest < 0);
    if (isNegative) [wholeSeconds, rest] = [-wholeSeconds, -rest];
    if (rest < 0) [wholeSeconds, rest] = [wholeSeconds - 1, rest + NANOSECONDS_PER_SECOND];
    if (this.#style === 'previous') this.#refer(seconds, nanoseconds);
    const inDay = wholeSeconds % SECONDS_PER_DAY;
    const clock = join(':', Math.floor(inDay / 3600), Math.floor(inDay / 60) % 60, inDay % 60);
    return `${isNegative ? '-' : ' '}${clock}${this.#fraction(rest)} `;
  }

  #refer(seconds: number, nanoseconds: number): void {
    this.#referenceSeconds = seconds;
    this.#referenceNanoseconds = nanoseconds;
    this.#referenceKnown = true;
  }
}

/** A period from `startMs`, in milliseconds since 1970, to now: seconds since 1970 and nanoseconds within. */
export function periodSince(startMs: number) {
  // In whole milliseconds the end may be less than the time of the last frame.
  const endMs = Date.now() + 1;
  return {
    startSeconds: Math.floor(startMs / 1000),
    startNanoseconds: (startMs % 1000) * 1_000_000,
    endSeconds: Math.floor(endMs / 1000),
    endNanoseconds: (endMs % 1000) * 1_000_000,
  };
}

/** Seconds since 1970 with nine decimals. `nanoseconds` is added to `seconds` before 1970 too, as in a timespec. */
export function formatEpoch(seconds: number | bigint, nanoseconds: number): string {
  if (seconds < 0 && nanoseconds > 0) {
    const positive = typeof seconds === 'bigint' ? -seconds - 1n : -seconds - 1;
    return `-${formatEpoch(positive, NANOSECONDS_PER_SECOND - nanoseconds)}`;
  }
  return `${seconds}.${String(nanoseconds).padStart(9, '0')}`;
}

function join(separator: string, ...numbers: readonly number[]): string {
  return numbers.map((number) => String(number).padStart(2, '0')).join(separator);
}
