/**
 * The order in which the kernel has the queues of a device, as far as it is known. When a queue is detached, the kernel puts the last
 * one into its place. It adds an attached queue at the end: __tun_detach() and tun_attach() of drivers/net/tun.c.
 */
export class QueueOrder {
  /** The attached queues by the kernel's index. */
  readonly #order: number[];
  readonly #queueCount: number;
  #certain = true;

  private constructor(order: number[], queueCount: number) {
    this.#order = order;
    this.#queueCount = queueCount;
  }

  /** All queues are attached, and their indices are their numbers. */
  static regular(queueCount: number): QueueOrder {
    return new QueueOrder(
      Array.from({ length: queueCount }, (_, queue) => queue),
      queueCount,
    );
  }

  /** The order of queues whose indices in the kernel are `indexes`, -1 for a detached one. */
  static ofIndexes(indexes: readonly number[]): QueueOrder {
    const attached = [...indexes.keys()].filter((queue) => indexes[queue]! >= 0);
    attached.sort((left, right) => indexes[left]! - indexes[right]!);
    return new QueueOrder(attached, indexes.length);
  }

  /** Whether `indexes` are what the kernel has, and no guess. */
  get certain(): boolean {
    return this.#certain;
  }

  /** Takes note that the order may have changed in a way that is not known. */
  doubt(): void {
    this.#certain = false;
  }

  /** Adds a queue at the end. Does nothing if it is there already. */
  attach(queue: number): void {
    if (!this.#order.includes(queue)) this.#order.push(queue);
  }

  /** Puts the last queue into the place of `queue`. Does nothing if `queue` is detached already. */
  detach(queue: number): void {
    const at = this.#order.indexOf(queue);
    if (at < 0) return;
    const last = this.#order.pop()!;
    if (last !== queue) this.#order[at] = last;
  }

  /** The kernel's index of each queue, -1 for a detached one. Undefined if each index is the number of its queue. */
  get indexes(): number[] | undefined {
    const indexes = new Array<number>(this.#queueCount).fill(-1);
    for (const [index, queue] of this.#order.entries()) indexes[queue] = index;
    return indexes.every((index, queue) => index === queue) ? undefined : indexes;
  }

  /**
   * Returns the queues to detach and attach again, one after the other, until each index is the number of its queue. Frames that wait in
   * these queues are lost. Returns undefined if a queue of `kept` would have to be among them. All queues must be attached.
   *
   * A queue that is detached and attached again changes places with the last one. So each step brings the last queue to its place.
   */
  plan(kept: ReadonlySet<number>): number[] | undefined {
    const order = [...this.#order];
    const steps: number[] = [];
    for (let wrong = firstWrong(order); wrong >= 0; wrong = firstWrong(order)) {
      const last = order.length - 1;
      const place = order[last] === last ? wrong : order[last]!;
      const queue = order[place]!;
      if (kept.has(queue)) return undefined;
      steps.push(queue);
      order[place] = order[last]!;
      order[last] = queue;
    }
    return steps;
  }
}

function firstWrong(order: readonly number[]): number {
  return order.findIndex((queue, index) => queue !== index);
}
