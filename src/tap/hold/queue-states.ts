import type { TapDescriptor } from '../link/tap-descriptor.js';
import { QueueOrder } from './queue-order.js';

/** The state of a device after an event of the kernel. */
export interface QueueEvent {
  /** Whether the device is up. While it is down, the kernel sends no event when a queue is detached. */
  readonly up: boolean;
  /** How many queues are detached. */
  readonly disabled: number;
}

/**
 * Follows which queues of a device its borrowers detach and attach, and infers the order of the queues. The kernel reports with each
 * change how many queues are detached, and on request whether a queue is detached now. It never reports the order.
 */
export class QueueStates {
  readonly #queues: readonly TapDescriptor[];
  #order: QueueOrder;
  /** Detached queues when the order was last brought up to date. */
  #detached: readonly number[] = [];
  /** Number of detached queues after the last event. */
  #disabled = 0;
  /** Changes by events since the order was last brought up to date. */
  #changes = 0;
  #up = true;
  readonly #readEvents: () => void;
  /** Whether this object causes the present events itself. */
  #acting = false;

  /**
   * @param queues in the order of their numbers; borrowed
   * @param readEvents calls `note` for each event that has arrived
   * @param indexes the kernel's index of each queue, from the previous holder. undefined if each is the number of its queue
   */
  constructor(queues: readonly TapDescriptor[], readEvents: () => void, indexes?: readonly number[]) {
    this.#queues = queues;
    this.#readEvents = readEvents;
    this.#order = indexes === undefined ? QueueOrder.regular(queues.length) : QueueOrder.ofIndexes(indexes);
    if (indexes !== undefined) this.#detached = [...indexes.keys()].filter((queue) => indexes[queue]! < 0);
  }

  /** The kernel's index of each queue, -1 for a detached one. undefined if each is the number of its queue. */
  get indexes(): readonly number[] | undefined {
    return this.#order.indexes;
  }

  /** Numbers of the queues that were detached when the order was last brought up to date. */
  get detached(): readonly number[] {
    return this.#detached;
  }

  /** Takes note of an event. Returns whether queues were detached or attached. */
  note({ up, disabled }: QueueEvent): boolean {
    this.#up = up;
    if (!up) this.#order.doubt();
    if (this.#acting || disabled === this.#disabled) return false;
    this.#changes += Math.abs(disabled - this.#disabled);
    this.#disabled = disabled;
    const detached = this.#findDetached();
    // Otherwise the next event is on its way.
    if (detached.length === disabled) this.#follow(detached);
    return true;
  }

  /** Whether each index is certainly the number of its queue. */
  get regular(): boolean {
    return this.#order.certain && this.#order.indexes === undefined;
  }

  /** Takes the order for certain: no borrower has had a queue yet, so events before now have other causes. */
  trust(): void {
    if (this.#order.indexes === undefined) this.#order = QueueOrder.regular(this.#queues.length);
  }

  /** Takes the order for uncertain: events were lost. */
  doubt(): void {
    this.#order.doubt();
  }

  /** Asks the kernel which queues are detached now. Throws a SystemError. */
  refresh(): void {
    this.#readEvents();
    if (!this.#up) this.#order.doubt();
    const detached = this.#findDetached();
    if (detached.join() !== this.#detached.join() || this.#changes > 0) this.#follow(detached);
    this.#disabled = detached.length;
  }

  /** Attaches `queues`, which are detached. Throws a SystemError. */
  attach(queues: readonly number[]): void {
    this.#act(() => {
      for (const queue of queues) {
        this.#queues[queue]!.attachAgain();
        this.#order.attach(queue);
      }
    });
    this.#detached = this.#detached.filter((queue) => !queues.includes(queue));
    this.#disabled = this.#detached.length;
  }

  /**
   * Restores the order in which each index is the number of its queue. Does nothing while a queue is detached, or if that would detach a
   * queue of `kept`. Frames that wait in the other queues can be lost. Returns whether it restored the order. Throws a SystemError.
   */
  sort(kept: ReadonlySet<number>): boolean {
    if (this.#detached.length > 0) return false;
    if (!this.#order.certain) return kept.size === 0 && this.#attachAnew();
    const steps = this.#order.plan(kept);
    if (steps === undefined || steps.length === 0) return false;
    this.#act(() => {
      for (const queue of steps) this.#renew(queue);
    });
    return true;
  }

  /** Runs `change`, whose events are not those of a borrower. */
  #act(change: () => void): void {
    this.#readEvents();
    this.#acting = true;
    try {
      change();
      this.#readEvents();
    } finally {
      this.#acting = false;
    }
  }

  /** Detaches all queues and attaches them by their numbers, for an order that is not known. */
  #attachAnew(): boolean {
    if (this.#queues.length === 1) return false;
    this.#act(() => {
      for (const tap of this.#queues.toReversed()) tap.detach();
      for (const tap of this.#queues) tap.attachAgain();
    });
    this.#order = QueueOrder.regular(this.#queues.length);
    return true;
  }

  #renew(queue: number): void {
    const tap = this.#queues[queue]!;
    tap.detach();
    tap.attachAgain();
    this.#order.detach(queue);
    this.#order.attach(queue);
  }

  #findDetached(): number[] {
    return [...this.#queues.keys()].filter((queue) => this.#queues[queue]!.isDetached());
  }

  /**
   * Brings the order up to date. Assumes that several changes of one kind came by rising number, as from a program that walks over its
   * queues, and takes the order for uncertain then. The same if a queue was detached and attached meanwhile.
   */
  #follow(detached: readonly number[]): void {
    const gone = detached.filter((queue) => !this.#detached.includes(queue));
    const back = this.#detached.filter((queue) => !detached.includes(queue));
    for (const queue of gone) this.#order.detach(queue);
    for (const queue of back) this.#order.attach(queue);
    const count = gone.length + back.length;
    if (count > 1 || this.#changes !== count) this.#order.doubt();
    this.#changes = 0;
    this.#detached = detached;
  }
}
