/** Most queues that are on loan at once, counted once for each who reads them: it bounds what a holder tells. */
export const LEASES_MAX = 1024;

/** Who has which of a holder's queues to read. A queue has one reader, unless others compete on purpose. */
export class LeaseTable<User extends object> {
  readonly queueCount: number;
  readonly #queues = new Map<User, Set<number>>();
  #count = 0;

  /** @param queueCount queues of the device, from number 0 */
  constructor(queueCount: number) {
    this.queueCount = queueCount;
  }

  /** The first of `queues` that somebody else reads, with one who does. */
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

  /** Gives `queues` to `user`, whoever has them; false, and nothing done, where too many would be on loan. */
  take(user: User, queues: readonly number[]): boolean {
    const taken = this.#queues.get(user) ?? new Set();
    const fresh = queues.filter((queue) => !taken.has(queue));
    if (this.#count + fresh.length > LEASES_MAX) return false;
    for (const queue of fresh) taken.add(queue);
    this.#count += fresh.length;
    if (taken.size > 0) this.#queues.set(user, taken);
    return true;
  }

  /** Takes back all that `user` has; whether there was any. */
  release(user: User): boolean {
    this.#count -= this.#queues.get(user)?.size ?? 0;
    return this.#queues.delete(user);
  }

  /** Rising. */
  queuesOf(user: User): number[] {
    return [...(this.#queues.get(user) ?? [])].sort((a, b) => a - b);
  }

  /** Those who read, in the order of their first lease. */
  get users(): User[] {
    return [...this.#queues.keys()];
  }

  /** Numbers of the queues that nobody reads, rising. */
  get unread(): number[] {
    return unreadQueues(this.queueCount, [...this.#queues.values()]);
  }
}

/** Numbers below `queueCount` that are in none of `leases`. */
export function unreadQueues(queueCount: number, leases: readonly Iterable<number>[]): number[] {
  const read = new Set(leases.flatMap((queues) => [...queues]));
  return Array.from({ length: queueCount }, (_, number) => number).filter((number) => !read.has(number));
}
