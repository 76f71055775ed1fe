import type { Link } from '../../../netlink/link.js';
import { LinkEvents } from '../../../netlink/link-events.js';
import { IFF_UP } from '../../../netlink/link-flags.js';
import { plural } from '../../output/plural.js';
import type { FrameRecorder } from './frame-recorder.js';
import type { RecordedEvent } from './recording-options.js';

/** How often to look for missed packets: the kernel sends no event for them. Milliseconds. */
const MISSED_MS = 100;

/** Counts the packets that the device dropped. */
export interface MissedCounter {
  readonly missed: number;
}

/** Makes a recorder write a file when something happens to a device. */
export class EventWatch implements Disposable {
  readonly #ifindex: number;
  readonly #recorder: FrameRecorder;
  readonly #counter: MissedCounter;
  readonly #events: LinkEvents;
  readonly #timer: NodeJS.Timeout | undefined;
  #link: Link;
  #missed: number;

  /** Begins to look for the events of `link` that `recorder` wants. `recorder` and `counter` must outlive it. */
  constructor(link: Link, recorder: FrameRecorder, counter: MissedCounter) {
    this.#ifindex = link.index;
    this.#recorder = recorder;
    this.#counter = counter;
    this.#missed = counter.missed;
    this.#events = LinkEvents.open({
      onLink: (changed) => this.#follow(changed),
      onGone: () => {},
      onOverrun: () => {},
    });
    this.#link = this.#events.links.get(link.index) ?? link;
    if (recorder.events.has('missed')) this.#timer = setInterval(() => this.#lookForMissed(), MISSED_MS);
  }

  /** Whether SIGUSR1 is an event. */
  get takesSignal(): boolean {
    return this.#recorder.events.has('signal');
  }

  /** Call it when SIGUSR1 has come. */
  signal(): void {
    this.#record('signal', 'SIGUSR1');
  }

  [Symbol.dispose](): void {
    clearInterval(this.#timer);
    this.#events[Symbol.dispose]();
  }

  #lookForMissed(): void {
    const { missed } = this.#counter;
    const more = missed - this.#missed;
    this.#missed = missed;
    if (more > 0) this.#record('missed', `${plural(more, 'packet')} missed on ${this.#link.name}`);
  }

  /** A device that goes down loses its carrier, too: that is one event, `down`. */
  #follow(link: Link): void {
    if (link.index !== this.#ifindex) return;
    const before = this.#link;
    this.#link = link;
    if (isUp(before) && !isUp(link)) this.#record('down', `${link.name} is down`);
    else if (before.carrier && !link.carrier) this.#record('carrier', `${link.name} has lost its carrier`);
  }

  #record(event: RecordedEvent, text: string): void {
    if (this.#recorder.events.has(event)) this.#recorder.record(event, text);
  }
}

function isUp({ flags }: Link): boolean {
  return (flags & IFF_UP) !== 0;
}
