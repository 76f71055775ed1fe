import { isSystemError } from '../../sys/errno.js';
import { getVnetHeaderBytes, setVnetHeaderBytes } from '../../sys/tun.js';
import { readOffloads, setOffloadsByName } from '../device/offloads.js';
import type { DeviceSettings, NamedProcess, Restoration } from '../lease/holder-reply.js';
import type { TapDescriptor } from '../link/tap-descriptor.js';
import { type QueueEvent, QueueStates } from './queue-states.js';

/** What the borrowers that are still there need as it is. */
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

/** What a holder hands over of this. */
export interface UpkeepState {
  readonly settings: DeviceSettings | undefined;
  readonly indexes: readonly number[] | undefined;
}

/** What upkeep is done of. */
export interface UpkeepOptions {
  /** The present name of the device. */
  readonly name: () => string;
  /** Calls `note` for each event of the kernel that has arrived. */
  readonly readEvents: () => void;
  /** What the holder before has told. */
  readonly before?: UpkeepState | undefined;
}

/** Puts back what borrowers change: detached queues and their order, the size of the header, offloads, O_NONBLOCK. */
export class DeviceUpkeep {
  readonly #queues: readonly TapDescriptor[];
  readonly #name: () => string;
  readonly #states: QueueStates;
  /** As the first of the present borrowers found them. */
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

  /** What a greeting tells. */
  get report(): { disabled?: readonly number[]; indexes?: readonly number[]; restored?: Restoration } {
    const { detached, indexes } = this.#states;
    return {
      ...(detached.length === 0 ? {} : { disabled: detached }),
      ...(indexes === undefined ? {} : { indexes }),
      ...(this.#last === undefined ? {} : { restored: this.#last }),
    };
  }

  /** Whether borrowers need something as it is that is to be put back when they end. */
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

  /** Takes note of the settings, which are put back to what they are now. Call it before a borrower can change them. */
  remember(): void {
    this.#states.trust();
    this.#settings = this.#attempt(() => this.#readSettings()) ?? this.#settings;
  }

  /** Takes note of offloads that a user has asked the holder to set. */
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
