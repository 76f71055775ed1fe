import { plural } from '../plural.js';
import type { Lateness } from './lateness.js';
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
  /** How late the accepted frames left; undefined where they had no time to keep. */
  readonly lateness: Lateness | undefined;
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
  lines.push(...describeOffloads(ledger), ...describeLateness(facts.lateness));
  if (kernel !== undefined)
    lines.push(`${plural(kernel, 'packet')} received by the kernel${describeDifference(kernel, accepted)}`);
  return lines;
}

/** The ledger for a program. */
export function ledgerJson(facts: RunFacts) {
  const { offered, accepted, bytes, short, offloaded, cut, refused } = facts.ledger;
  return {
    offered,
    accepted,
    refused: Object.fromEntries(refused),
    short,
    offloaded,
    cut,
    kernel: facts.kernel ?? null,
    bytes,
    seconds: rounded(facts.seconds, 6),
    pps: rounded(packetsPerSecond(facts), 1),
    lateness_us: latenessJson(facts.lateness),
  };
}

function describeOffloads({ offloaded, cut }: Ledger): string[] {
  const lines: string[] = [];
  if (offloaded > 0) lines.push(`${plural(offloaded, 'packet')} sent with offload facts`);
  if (cut > 0)
    lines.push(
      `${plural(cut, 'packet')} cut before sending: the device has no virtio-net header to ask the kernel by`,
    );
  return lines;
}

function describeLateness(lateness: Lateness | undefined): string[] {
  if (lateness === undefined || lateness.count === 0) return [];
  const { median, p99, max } = latenessJson(lateness)!;
  return [`late by ${median} us (median), ${p99} us (99th percentile), ${max} us (most)`];
}

function latenessJson(lateness: Lateness | undefined) {
  if (lateness === undefined || lateness.count === 0) return null;
  return { median: lateness.percentile(0.5), p99: lateness.percentile(0.99), max: lateness.longest };
}

function rounded(value: number, digits: number): number {
  return Number(value.toFixed(digits));
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
      return 'EINVAL (the kernel takes no frame under 14 bytes, no UDP frame of too many segments, and no virtio-net header that contradicts its frame)';
    case 'EIO':
      return 'EIO (the device is down)';
    case 'EBADFD':
      return 'EBADFD (the device is gone)';
    case 'EOPNOTSUPP':
      return 'EOPNOTSUPP (the device has no virtio-net header, and rtap cannot finish or cut such a frame)';
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
