import { type Flow, NO_PORTS } from '../../../packet/headers/flow.js';
import {
  formatIpv4Address,
  formatIpv6Address,
  IPV4_ADDRESS_BYTES,
} from '../../../packet/headers/ip-address.js';
import {
  IPPROTO_ICMP,
  IPPROTO_ICMPV6,
  IPPROTO_TCP,
  IPPROTO_UDP,
} from '../../../packet/headers/ip-protocol.js';

const NAMES: Readonly<Record<number, string>> = {
  [IPPROTO_ICMP]: 'ICMP',
  [IPPROTO_ICMPV6]: 'ICMP6',
  [IPPROTO_TCP]: 'TCP',
  [IPPROTO_UDP]: 'UDP',
};

/** What was found about the stamped frames of one flow of a stream in one queue. */
export class VerifiedFlow {
  /** `UDP 10.0.0.1:1000 > 10.0.0.2:2000`. */
  readonly name: string;
  /** As in the stamp. */
  readonly stream: number;
  /** QUEUE_UNKNOWN if a saved capture does not say it. */
  readonly queue: number;
  received = 0;
  outOfOrder = 0;
  duplicates = 0;
  /** Nanoseconds. */
  minLatency = Number.POSITIVE_INFINITY;
  maxLatency = Number.NEGATIVE_INFINITY;
  #latencySum = 0;

  constructor(name: string, stream: number, queue: number) {
    this.name = name;
    this.stream = stream;
    this.queue = queue;
  }

  get meanLatency(): number {
    return this.#latencySum / this.received;
  }

  /** Counts a frame that came `latency` nanoseconds after its stamp. */
  observe(latency: number, outOfOrder: boolean, duplicate: boolean): void {
    this.received += 1;
    if (outOfOrder) this.outOfOrder += 1;
    if (duplicate) this.duplicates += 1;
    this.minLatency = Math.min(this.minLatency, latency);
    this.maxLatency = Math.max(this.maxLatency, latency);
    this.#latencySum += latency;
  }
}

/** The name of the flow that `flow` has read from `frame`. */
export function flowName(frame: Uint8Array, flow: Flow): string {
  const { addressesAt, addressBytes, portsAt, protocol } = flow;
  const end = (index: number) => {
    const at = addressesAt + index * addressBytes;
    const address =
      addressBytes === IPV4_ADDRESS_BYTES ? formatIpv4Address(frame, at) : formatIpv6Address(frame, at);
    if (portsAt === NO_PORTS) return address;
    const port = (frame[portsAt + 2 * index]! << 8) | frame[portsAt + 2 * index + 1]!;
    return address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`;
  };
  return `${NAMES[protocol] ?? `protocol ${protocol}`} ${end(0)} > ${end(1)}`;
}
