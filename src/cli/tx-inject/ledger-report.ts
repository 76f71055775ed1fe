import type { Ledger } from './ledger.js';

/** A run as its report needs it. */
export interface RunFacts {
  readonly name: string;
  readonly queue: number;
  /** Bytes. */
  readonly mtu: number;
  readonly ledger: Ledger;
  /** Packets that the kernel counted as received meanwhile; undefined when the device is gone. */
  readonly kernel: number | undefined;
  readonly seconds: number;
  /** Ended by a signal. */
  readonly stopped: boolean;
}

/** The ledger in words. */
export function describeLedger(facts: RunFacts): string[] {
  const { ledger, name, queue, kernel } = facts;
  const { offered, accepted, bytes, short } = ledger;
  const lines = [
    `tx-inject: ${name} queue ${queue}${facts.stopped ? ', stopped by a signal' : ''}`,
    `${plural(offered, 'packet')} offered, ${accepted} accepted (${bytes} bytes) in ${facts.seconds.toFixed(6)} s: ${describeSpeed(facts)}`,
  ];
  for (const [code, count] of ledger.refused)
    lines.push(`${plural(count, 'packet')} refused: ${describeRefusal(code, facts)}`);
  if (short > 0) lines.push(`${plural(short, 'packet')} sent as captured, short of the original length`);
  if (kernel !== undefined)
    lines.push(`${plural(kernel, 'packet')} received by the kernel${describeDifference(kernel, accepted)}`);
  return lines;
}

/** The ledger for a program. */
export function ledgerJson(facts: RunFacts) {
  const { offered, accepted, bytes, short, refused } = facts.ledger;
  return {
    offered,
    accepted,
    refused: Object.fromEntries(refused),
    short,
    kernel: facts.kernel ?? null,
    bytes,
    seconds: facts.seconds,
    pps: packetsPerSecond(facts),
  };
}

function describeSpeed(facts: RunFacts): string {
  const bits = facts.seconds > 0 ? (facts.ledger.bytes * 8) / facts.seconds : 0;
  return `${Math.round(packetsPerSecond(facts))} pps, ${(bits / 1e6).toFixed(1)} Mbit/s`;
}

function packetsPerSecond({ ledger, seconds }: RunFacts): number {
  return seconds > 0 ? ledger.accepted / seconds : 0;
}

/** What the refusals mean that everybody meets; the name of the errno says the rest. */
function describeRefusal(code: string, { mtu }: RunFacts): string {
  switch (code) {
    case 'EMSGSIZE':
      return `EMSGSIZE (longer than MTU ${mtu} allows; --oversize sends them)`;
    case 'EINVAL':
      return 'EINVAL (the kernel takes no frame under 14 bytes, nor a virtio-net header that contradicts it)';
    case 'EIO':
      return 'EIO (the device is down)';
    case 'EBADFD':
      return 'EBADFD (the device is gone)';
    case 'EPROTONOSUPPORT':
      return 'EPROTONOSUPPORT (not Ethernet)';
    default:
      return code;
  }
}

function describeDifference(kernel: number, accepted: number): string {
  if (kernel < accepted) return `: ${accepted - kernel} fewer than it accepted`;
  return kernel > accepted ? `: ${kernel - accepted} of them sent by others` : '';
}

function plural(count: number, word: string): string {
  return `${count} ${word}${count === 1 ? '' : 's'}`;
}
