/** Most leased queues at once, counted once for each reader. It bounds the size of a greeting, which lists them all. */
export const LEASES_MAX = 1024;

/** Which user reads which of a holder's queues. A queue has one reader, unless others compete on purpose. */
export class LeaseTable<User extends object> {
  readonly queueCount: number;
  readonly #queues = new Map<User, Set<number>>();
  #count = 0;

  /** @param queueCount queues of the device, from number 0 */
  constructor(queueCount: number) {
    this.queueCount = queueCount;
  }

  /** Returns the first of `queues` that another user reads, with that user. */
  conflict(
    user: User,
    queues: readonly number[],
  ): { readonly queue: number; readonly reader: User } | undefined {
    for (const queue of queues) {
      for (const [reader, taken] of this.#queues) {
        if (reader !== user && taken.has(queue)) return { queue, reader };
      }
    }
    return undefined;
  }

  /** Gives `queues` to `user`, even if others read them. Returns false, and does nothing, if that makes too many leases. */
  take(user: User, queues: readonly number[]): boolean {
    const taken = this.#queues.get(user) ?? new Set();
    const fresh = queues.filter((queue) => !taken.has(queue));
    if (this.#count + fresh.length > LEASES_MAX) return false;
    for (const queue of fresh) taken.add(queue);
    this.#count += fresh.length;
    if (taken.size > 0) this.#queues.set(user, taken);
    return true;
  }

  /** Ends the lease of `user`. Returns whether it had one. */
  release(user: User): boolean {
    this.#count -= this.#queues.get(user)?.size ?? 0;
    return this.#queues.delete(user);
  }

  /** The numbers of the queues that `user` reads, rising. */
  queuesOf(user: User): number[] {
    return [...(this.#queues.get(user) ?? [])].sort((a, b) => a - b);
  }

  /** The readers, in the order of their first lease. */
  get users(): User[] {
    return [...this.#queues.keys()];
  }

  /** Numbers of the queues without a reader, rising. */
  get unread(): number[] {
    return unreadQueues(this.queueCount, [...this.#queues.values()]);
  }
}

/** Returns the numbers below `queueCount` that are in none of `leases`. */
export function unreadQueues(queueCount: number, leases: readonly Iterable<number>[]): number[] {
  const read = new Set(leases.flatMap((queues) => [...queues]));
  return Array.from({ length: queueCount }, (_, number) => number).filter((number) => !read.has(number));
}
