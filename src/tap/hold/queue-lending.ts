import {
  type HolderReply,
  type Lease,
  type NamedProcess,
  type Restoration,
  refusal,
} from '../lease/holder-reply.js';
import type { HolderRequest } from '../lease/holder-request.js';
import { LeaseTable } from '../lease/lease-table.js';
import type { TapDescriptor } from '../link/tap-descriptor.js';
import type { DeviceUpkeep } from './device-upkeep.js';
import type { HolderConnection } from './holder-connection.js';

/** A borrower of the previous holder, whose name was not handed over. */
const UNKNOWN: NamedProcess = { pid: 0, command: '?' };

/** Queues for a user, and what its request says of the user: see `HolderRequest`. */
interface Loan {
  readonly queues: readonly number[];
  readonly process?: boolean;
  readonly passive?: boolean;
}

/**
 * Lends the queues of a device, and records which user has which. `lease` and `lend` return false if the connection of the user has
 * ended.
 */
export class QueueLending {
  readonly #queues: readonly TapDescriptor[];
  readonly #table: LeaseTable<HolderConnection>;
  readonly #upkeep: DeviceUpkeep;
  readonly #onChange: () => void;
  /** Users that have got descriptors and may change the device. */
  readonly #active = new Set<HolderConnection>();
  /** The one of them that ended last. */
  #changer = UNKNOWN;
  #happened = false;

  /**
   * @param queues in the order of their numbers; borrowed
   * @param upkeep puts back what a borrower has changed; borrowed
   * @param onChange called when a lease has begun or ended
   */
  constructor(queues: readonly TapDescriptor[], upkeep: DeviceUpkeep, onChange: () => void) {
    this.#queues = queues;
    this.#upkeep = upkeep;
    this.#onChange = onChange;
    this.#table = new LeaseTable(queues.length);
  }

  /** Whether a user has ever got a descriptor, which it may still have. */
  get happened(): boolean {
    return this.#happened;
  }

  get leases(): Lease[] {
    return this.#table.users.map((connection) => ({ ...connection.user, queues: this.queuesOf(connection) }));
  }

  queuesOf(connection: HolderConnection): number[] {
    return this.#table.queuesOf(connection);
  }

  /** Gives the user queues to read. `name` is the present name of the device. */
  lease(
    connection: HolderConnection,
    request: HolderRequest & { readonly type: 'lease' },
    name: string,
  ): boolean {
    const queues = request.queues ?? this.#queues.map((_, number) => number);
    const missing = this.#missing(queues);
    if (missing !== undefined) return connection.send(missing);
    const conflict = request.share ? undefined : this.#table.conflict(connection, queues);
    if (conflict !== undefined) {
      const { command, pid } = conflict.reader.user;
      const detail = `queue ${conflict.queue} of ${name} is being read by ${command} (pid ${pid})`;
      return connection.send(refusal('EBUSY', detail, 'queue-leased'));
    }
    if (!this.#table.take(connection, queues))
      return connection.send(
        refusal('EAGAIN', 'its queues have too many readers already', 'queue-readers-exhausted'),
      );
    connection.rename(request.command);
    connection.share ||= request.share;
    connection.keep();
    connection.headerBytes ??= this.#upkeep.headerBytes;
    const lasting = request.process === true && connection.lastAsProcess();
    this.#onChange();
    return this.lend(connection, { ...request, queues, ...(lasting ? { process: true } : {}) });
  }

  /** Gives the user queues, to read or to send into. */
  lend(connection: HolderConnection, { queues, process, passive = false }: Loan): boolean {
    const missing = this.#missing(queues);
    if (missing !== undefined) return connection.send(missing);
    this.#happened = true;
    if (!passive) this.#activate(connection, queues);
    return connection.send(
      { type: 'lent', queues, ...(process === true ? { process } : {}) },
      queues.map((number) => this.#queues[number]!.fd),
    );
  }

  /** Takes over the lease of a user of the previous holder. */
  inherit(connection: HolderConnection, { queues, process, passive = false }: Loan): void {
    // A user without a lease may have got a descriptor to send into.
    this.#happened = true;
    connection.headerBytes = this.#upkeep.headerBytes;
    if (process === true) connection.lastAsProcess();
    if (!passive && queues.length > 0) {
      this.#inheritActive(connection, queues);
      // The user may have changed something between the last event of the previous holder and the first of this one.
      this.#upkeep.doubt();
    }
    if (queues.length === 0 || !this.#table.take(connection, queues)) return;
    connection.keep();
    this.#onChange();
  }

  /** Ends the lease of a user, and puts back what it has changed. Returns what that was. */
  end(connection: HolderConnection): Restoration | undefined {
    const hadLease = this.#table.release(connection);
    const wasActive = this.#active.delete(connection);
    if (wasActive) this.#changer = connection.user;
    const restored = wasActive || this.#upkeep.unfinished ? this.restore(this.#changer) : undefined;
    if (hadLease || restored !== undefined) this.#onChange();
    return restored;
  }

  /** Puts back what no present user needs as it is. `borrower` is the process that has changed the device. */
  restore(borrower = UNKNOWN): Restoration | undefined {
    const active = [...this.#active];
    const readers = this.#table.users;
    const headers = readers.filter(({ passive }) => passive).flatMap(({ headerBytes }) => headerBytes ?? []);
    return this.#upkeep.restore(borrower, {
      queues: new Set(active.flatMap(({ borrowed }) => [...borrowed])),
      read: new Set(readers.flatMap((reader) => this.queuesOf(reader))),
      settings: active.length > 0,
      headers: new Set(headers),
    });
  }

  #activate(connection: HolderConnection, queues: readonly number[]): void {
    if (this.#active.size === 0) this.#upkeep.remember();
    this.#inheritActive(connection, queues);
  }

  #inheritActive(connection: HolderConnection, queues: readonly number[]): void {
    connection.passive = false;
    this.#active.add(connection);
    for (const queue of queues) connection.borrowed.add(queue);
  }

  #missing(queues: readonly number[]): HolderReply | undefined {
    if (queues.length === 0) return refusal('EINVAL', 'the request names no queue', 'no-such-queue');
    const missing = queues.find((number) => number >= this.#queues.length);
    return missing === undefined
      ? undefined
      : refusal(
          'EINVAL',
          `it has no queue ${missing}, its holder has ${this.#queues.length}`,
          'no-such-queue',
        );
  }
}
