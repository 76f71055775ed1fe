import { describeLinkType } from '../../packet/capture/pcap-format.js';
import { plural } from '../output/plural.js';

/** How many packets had which link type. */
export class LinkTypeCounts {
  readonly #counts = new Map<number, number>();

  /** Counts a packet, or several. */
  add(linkType: number, count = 1): void {
    this.#counts.set(linkType, (this.#counts.get(linkType) ?? 0) + count);
  }

  /** Adds what `other` has counted. */
  addAll(other: LinkTypeCounts): void {
    for (const [linkType, count] of other.#counts) this.add(linkType, count);
  }

  /** Whether nothing was counted. */
  get empty(): boolean {
    return this.#counts.size === 0;
  }

  /** A line for each link type: `3 packets of link type 113 (Linux cooked) ` and `fact`. */
  describe(fact: string): string[] {
    return [...this.#counts].map(
      ([linkType, count]) => `${plural(count, 'packet')} of link type ${describeLinkType(linkType)} ${fact}`,
    );
  }

  /** `3 of link type 105 (802.11), 1 of link type 147`. */
  list(): string {
    return [...this.#counts]
      .map(([linkType, count]) => `${count} of link type ${describeLinkType(linkType)}`)
      .join(', ');
  }

  /** Numbers of packets by the number of the link type. */
  toJSON(): Record<string, number> {
    return Object.fromEntries(this.#counts);
  }
}
