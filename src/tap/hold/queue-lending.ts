import { type HolderReply, type Lease, refusal } from '../lease/holder-reply.js';
import type { HolderRequest } from '../lease/holder-request.js';
import { LeaseTable } from '../lease/lease-table.js';
import type { TapDescriptor } from '../link/tap-descriptor.js';
import type { HolderConnection } from './holder-connection.js';

/**
 * Lends the queues of a device, and knows which user has which. `lease` and `lend` return false if the connection of the user is
 * of no use any more.
 */
export class QueueLending {
  readonly #queues: readonly TapDescriptor[];
  readonly #table: LeaseTable<HolderConnection>;
  readonly #onChange: () => void;
  #happened = false;

  /**
   * @param queues in the order of their numbers; borrowed
   * @param onChange called when a lease has begun or ended
   */
  constructor(queues: readonly TapDescriptor[], onChange: () => void) {
    this.#queues = queues;
    this.#onChange = onChange;
    this.#table = new LeaseTable(queues.length);
  }

  /** Whether a user has ever got a descriptor, and so may still have it. */
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
    this.#onChange();
    return this.lend(connection, queues);
  }

  /** Gives the user queues to send into. */
  lend(connection: HolderConnection, queues: readonly number[]): boolean {
    const missing = this.#missing(queues);
    if (missing !== undefined) return connection.send(missing);
    this.#happened = true;
    return connection.send(
      { type: 'lent', queues },
      queues.map((number) => this.#queues[number]!.fd),
    );
  }

  /** Takes over the lease of a user of the holder before. */
  inherit(connection: HolderConnection, queues: readonly number[]): void {
    // A user without a lease may have got a descriptor to send into.
    this.#happened = true;
    if (queues.length === 0 || !this.#table.take(connection, queues)) return;
    connection.keep();
    this.#onChange();
  }

  /** Ends the lease of a user. */
  end(connection: HolderConnection): void {
    if (this.#table.release(connection)) this.#onChange();
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
