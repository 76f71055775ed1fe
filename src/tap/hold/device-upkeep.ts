import { isSystemError } from '../../sys/errno.js';
import { getVnetHeaderBytes, setVnetHeaderBytes } from '../../sys/tun.js';
import { readOffloads, setOffloadsByName } from '../device/offloads.js';
import type { DeviceSettings, NamedProcess, Restoration } from '../lease/holder-reply.js';
import type { TapDescriptor } from '../link/tap-descriptor.js';
import { type QueueEvent, QueueStates } from './queue-states.js';

/** What must stay as it is, because borrowers that have not ended use it. */
export interface Needs {
  /** Queues of borrowers that may have detached them on purpose. */
  readonly queues: ReadonlySet<number>;
  /** Queues with a reader. */
  readonly read: ReadonlySet<number>;
  /** Whether a borrower is left that may have changed the settings. */
  readonly settings: boolean;
  /** Bytes of the header that other readers rely on. */
  readonly headers: ReadonlySet<number>;
}

/** What a holder hands over to the next one, so that it can restore the device. */
export interface UpkeepState {
  readonly settings: DeviceSettings | undefined;
  readonly indexes: readonly number[] | undefined;
}

/** What `DeviceUpkeep` needs of its device. */
export interface UpkeepOptions {
  /** The present name of the device. */
  readonly name: () => string;
  /** Calls `note` for each event of the kernel that has arrived. */
  readonly readEvents: () => void;
  /** The state that the previous holder handed over. undefined if there was none. */
  readonly before?: UpkeepState | undefined;
}

/** Puts back what borrowers change: detached queues and their order, the size of the header, offloads, O_NONBLOCK. */
export class DeviceUpkeep {
  readonly #queues: readonly TapDescriptor[];
  readonly #name: () => string;
  readonly #states: QueueStates;
  /** The settings before the first of the present borrowers could change them. */
  #settings: DeviceSettings | undefined;
  #last: Restoration | undefined;
  #unfinished = false;

  /** @param queues in the order of their numbers; borrowed */
  constructor(queues: readonly TapDescriptor[], { name, readEvents, before }: UpkeepOptions) {
    this.#queues = queues;
    this.#name = name;
    this.#states = new QueueStates(queues, readEvents, before?.indexes);
    this.#settings = before?.settings;
  }

  get state(): UpkeepState {
    return { settings: this.#settings, indexes: this.#states.indexes };
  }

  /** The part of a greeting that says what borrowers have changed. */
  get report(): { disabled?: readonly number[]; indexes?: readonly number[]; restored?: Restoration } {
    const { detached, indexes } = this.#states;
    return {
      ...(detached.length === 0 ? {} : { disabled: detached }),
      ...(indexes === undefined ? {} : { indexes }),
      ...(this.#last === undefined ? {} : { restored: this.#last }),
    };
  }

  /** Whether something is still to be put back, because borrowers that have not ended use it as it is. */
  get unfinished(): boolean {
    return this.#unfinished;
  }

  /** Bytes of the present header. Undefined if they cannot be read. */
  get headerBytes(): number | undefined {
    return this.#attempt(() => getVnetHeaderBytes(this.#fd, this.#purpose));
  }

  /** Takes note of an event of the kernel. Returns whether queues were detached or attached. */
  note(event: QueueEvent): boolean {
    return this.#attempt(() => this.#states.note(event)) ?? false;
  }

  /** Takes note that events were lost, or not seen. */
  doubt(): void {
    this.#states.doubt();
  }

  /** Remembers the present settings as those to restore. Call it before a borrower can change them. */
  remember(): void {
    this.#states.trust();
    this.#settings = this.#attempt(() => this.#readSettings()) ?? this.#settings;
  }

  /** Remembers the present offloads as those to restore, after the holder has set them for a user. */
  rememberOffloads(): void {
    const offloads = this.#attempt(() => readOffloads(this.#name()));
    if (this.#settings !== undefined && offloads !== undefined)
      this.#settings = { ...this.#settings, offloads };
  }

  /**
   * Puts back what has changed, as far as `needs` allow it. Returns what that was, or undefined if nothing had changed.
   *
   * @param borrower the process that has ended
   */
  restore(borrower: NamedProcess, needs: Needs): Restoration | undefined {
    this.#attempt(() => this.#states.refresh());
    const attached = this.#attachQueues(needs) ?? [];
    const restored: Omit<Restoration, 'count' | 'borrower'> = {
      attached,
      nonblocking: this.#attempt(() => this.#restoreModes(needs)) ?? [],
      ...(this.#attempt(() => this.#restoreHeader(needs)) ?? {}),
      ...(this.#attempt(() => this.#restoreOffloads(needs)) ?? {}),
      ...(this.#attempt(() => this.#states.sort(needs.read)) === true ? { order: true } : {}),
    };
    const isHeaderRight = this.headerBytes === this.#settings?.header;
    this.#unfinished = needs.settings || !this.#states.regular || !isHeaderRight;
    if (isEmpty(restored)) return undefined;
    this.#last = { count: (this.#last?.count ?? 0) + 1, borrower, ...restored };
    return this.#last;
  }

  get #fd(): number {
    return this.#queues[0]!.fd;
  }

  get #purpose() {
    return { action: 'restore', object: this.#name() };
  }

  #readSettings(): DeviceSettings {
    return {
      header: getVnetHeaderBytes(this.#fd, this.#purpose),
      offloads: readOffloads(this.#name()),
    };
  }

  #attachQueues({ queues }: Needs): readonly number[] | undefined {
    const dead = this.#states.detached.filter((queue) => !queues.has(queue));
    return this.#attempt(() => {
      if (dead.length > 0) this.#states.attach(dead);
      return dead;
    });
  }

  #restoreModes({ queues }: Needs): number[] {
    const free = [...this.#queues.keys()].filter((queue) => !queues.has(queue));
    return free.filter((queue) => this.#queues[queue]!.makeNonBlocking());
  }

  #restoreHeader({ settings, headers }: Needs): { header?: number } {
    const header = this.#settings?.header;
    if (header === undefined || settings) return {};
    const isRelied = [...headers].some((bytes) => bytes !== header);
    if (isRelied || getVnetHeaderBytes(this.#fd, this.#purpose) === header) return {};
    setVnetHeaderBytes(this.#fd, header, this.#purpose);
    return { header };
  }

  #restoreOffloads({ settings }: Needs): { offloads?: readonly string[] } {
    const offloads = this.#settings?.offloads;
    if (offloads === undefined || settings || readOffloads(this.#name()).join() === offloads.join())
      return {};
    setOffloadsByName(this.#queues[0]!, offloads, this.#purpose);
    return { offloads };
  }

  /** Returns undefined if the kernel refuses: the device may be gone, or this process has no descriptor left. */
  #attempt<T>(act: () => T): T | undefined {
    try {
      return act();
    } catch (error) {
      if (isSystemError(error)) return undefined;
      throw error;
    }
  }
}

function isEmpty({
  attached,
  nonblocking,
  header,
  offloads,
  order,
}: Omit<Restoration, 'count' | 'borrower'>): boolean {
  const isSet = [header, offloads, order].some((value) => value !== undefined);
  return attached.length === 0 && nonblocking.length === 0 && !isSet;
}
