import type { Rate } from '../arguments/quantity.js';
import { describeQueues } from '../arguments/queue-selection.js';
import { describeMissed, type MissedPackets } from '../device/missed-packets.js';
import { plural } from '../output/plural.js';
import { formatBitRate, formatPacketRate } from '../output/rate-text.js';
import type { GapCuts } from './gap-cuts.js';
import type { Lateness } from './sending/lateness.js';
import type { Ledger } from './sending/ledger.js';
import type { RunLedger } from './sending/run-ledger.js';

/** A finished run, for its report. */
export interface FinishedRun {
  readonly name: string;
  /** Queues of the device. */
  readonly queueCount: number;
  /** Bytes. */
  readonly mtu: number;
  readonly ledger: RunLedger;
  /** Packets that the kernel received from the device during the run; undefined if the device is gone. */
  readonly kernel: number | undefined;
  /** Packets out of the device during the run that the kernel dropped. */
  readonly missed: Omit<MissedPackets, 'name'>;
  readonly seconds: number;
  /** Seconds of that in pauses between passes, which count for no rate that was asked for. */
  readonly pausedSeconds: number;
  /** Undefined if pauses are not cut. */
  readonly gapCuts: GapCuts | undefined;
  /** How late the accepted frames left; undefined if they had no due times. */
  readonly lateness: Lateness | undefined;
  /** The wanted rate; undefined if none was given. */
  readonly asked: Rate | undefined;
  /** Whether a signal ended it. */
  readonly stopped: boolean;
  /** The error that ended it early. */
  readonly error: Error | undefined;
}

/** A rate counts as missed below this share of it. */
const RATE_KEPT = 0.99;

/** The ledger as lines of text. */
export function describeLedger(run: FinishedRun): string[] {
  const { name, kernel } = run;
  const { queues } = run.ledger;
  const total = run.ledger.total();
  const { offered, accepted, bytes, short, converted } = total;
  const numbers = queues.map(({ number }) => number);
  const lines = [
    `tx-inject: ${name} ${describeQueues(numbers)}${run.stopped ? ', stopped by a signal' : ''}`,
    `${plural(offered, 'packet')} offered, ${accepted} accepted (${bytes} bytes) in ${run.seconds.toFixed(6)} s: ${describeSpeed(total, run.seconds)}`,
  ];
  if (queues.length > 1) lines.push(...queues.map(describeQueue));
  for (const [code, count] of total.refused)
    lines.push(`${plural(count, 'packet')} refused: ${describeRefusal(code, total, run)}`);
  lines.push(...converted.describe('got an Ethernet header'));
  if (short > 0) lines.push(`${plural(short, 'packet')} sent as captured, shorter than the original frame`);
  lines.push(...describeOffloads(total), ...(run.gapCuts?.describe() ?? []));
  lines.push(...describeRate(run, total), ...describeLateness(run.lateness));
  if (kernel !== undefined)
    lines.push(`${plural(kernel, 'packet')} received by the kernel${describeDifference(kernel, accepted)}`);
  lines.push(...describeMissedPackets(run));
  return lines;
}

/** The ledger as an object. */
export function ledgerJson(run: FinishedRun) {
  const { queues } = run.ledger;
  const total = run.ledger.total();
  const { offered, accepted, bytes, short, offloaded, cut, refused, converted, refusedTypes } = total;
  return {
    ifname: run.name,
    queue: queues.length === 1 ? queues[0]!.number : null,
    offered,
    accepted,
    refused: Object.fromEntries(refused),
    refused_link_types: refusedTypes.toJSON(),
    converted: converted.toJSON(),
    short,
    offloaded,
    cut,
    kernel: run.kernel ?? null,
    missed: run.missed.missed,
    unread: run.missed.unread ?? null,
    bytes,
    seconds: rounded(run.seconds, 6),
    pps: rounded(packetsPerSecond(total, run.seconds), 1),
    queues: queues.map(queueJson),
    rate: rateJson(run, total),
    lateness_us: latenessJson(run.lateness),
    pauses_cut: run.gapCuts?.toJSON() ?? null,
    stopped: run.stopped,
    error: run.error?.message ?? null,
  };
}

function describeQueue({ number, ledger }: RunLedger['queues'][number]): string {
  const { offered, accepted, bytes, refusedCount } = ledger;
  const refused = refusedCount > 0 ? `, ${refusedCount} refused` : '';
  return `queue ${number}: ${plural(offered, 'packet')} offered, ${accepted} accepted (${bytes} bytes)${refused}`;
}

function queueJson({ number, ledger }: RunLedger['queues'][number]) {
  const { offered, accepted, refused, bytes } = ledger;
  return { queue: number, offered, accepted, refused: Object.fromEntries(refused), bytes };
}

function describeOffloads({ offloaded, cut }: Ledger): string[] {
  const lines: string[] = [];
  if (offloaded > 0)
    lines.push(`${plural(offloaded, 'packet')} sent with work left to the kernel (checksum or segmentation)`);
  if (cut > 0)
    lines.push(
      `${plural(cut, 'packet')} segmented by rtap: the device has no virtio-net header, so the kernel cannot do it`,
    );
  return lines;
}

function describeLateness(lateness: Lateness | undefined): string[] {
  if (lateness === undefined || lateness.count === 0) return [];
  const { median, p99, max } = latenessJson(lateness)!;
  return [`late by ${median} us (median), ${p99} us (99th percentile), ${max} us (maximum)`];
}

function latenessJson(lateness: Lateness | undefined) {
  if (lateness === undefined || lateness.count === 0) return null;
  return { median: lateness.percentile(0.5), p99: lateness.percentile(0.99), max: lateness.longest };
}

function rounded(value: number, digits: number): number {
  return Number(value.toFixed(digits));
}

/** Only a missed rate is reported. */
function describeRate(run: FinishedRun, total: Ledger): string[] {
  const { asked } = run;
  const rate = rateJson(run, total);
  if (asked === undefined || rate === null || rate.kept) return [];
  const format = 'bitsPerSecond' in asked ? formatBitRate : formatPacketRate;
  return [`asked for ${format(rate.asked)}, reached ${format(rate.reached)}`];
}

/** Refused frames are reported already, so a rate that was missed because of them is not. */
function rateJson({ asked, ...run }: FinishedRun, total: Ledger) {
  if (asked === undefined) return null;
  const inBits = 'bitsPerSecond' in asked;
  const wanted = inBits ? asked.bitsPerSecond : asked.packetsPerSecond;
  const seconds = run.seconds - run.pausedSeconds;
  const reached = inBits ? bitsPerSecond(total, seconds) : packetsPerSecond(total, seconds);
  const kept = seconds <= 0 || total.refusedCount > 0 || reached >= wanted * RATE_KEPT;
  return { unit: inBits ? 'bit/s' : 'pps', asked: wanted, reached: rounded(reached, 1), kept };
}

function describeSpeed(total: Ledger, seconds: number): string {
  return `${formatPacketRate(packetsPerSecond(total, seconds))}, ${formatBitRate(bitsPerSecond(total, seconds))}`;
}

function packetsPerSecond({ accepted }: Ledger, seconds: number): number {
  return seconds > 0 ? accepted / seconds : 0;
}

function bitsPerSecond({ bytes }: Ledger, seconds: number): number {
  return seconds > 0 ? (bytes * 8) / seconds : 0;
}

/** The common refusals are explained; for others there is the name of the errno. */
function describeRefusal(
  code: string,
  { refusedTypes }: Ledger,
  { mtu, name, queueCount }: FinishedRun,
): string {
  switch (code) {
    case 'EMSGSIZE':
      return `EMSGSIZE (longer than the MTU of ${mtu} allows; --oversize sends them)`;
    case 'EINVAL':
      return 'EINVAL (a frame under 14 bytes, a UDP frame with too many segments, or a virtio-net header that contradicts its frame)';
    case 'ENXIO':
      return `ENXIO (recorded on a queue that ${name} does not have; it has ${plural(queueCount, 'queue')})`;
    case 'EIO':
      return 'EIO (the device is down)';
    case 'EBADFD':
      return 'EBADFD (the device is gone)';
    case 'EOPNOTSUPP':
      return 'EOPNOTSUPP (the device has no virtio-net header, and rtap cannot finish or cut such a frame)';
    case 'EPROTONOSUPPORT':
      return `EPROTONOSUPPORT (not Ethernet: ${refusedTypes.list()})`;
    default:
      return code;
  }
}

/** tx-inject reads nothing. Frames that it sends may have answers, which then wait for a reader. */
function describeMissedPackets({ name, missed }: FinishedRun): string[] {
  if (missed.missed === 0) return [];
  const cause = describeMissed({ name, ...missed }, 'dropped by the kernel at a full queue');
  return [`${plural(missed.missed, 'packet')} ${cause}`];
}

function describeDifference(kernel: number, accepted: number): string {
  if (kernel < accepted) return `: ${accepted - kernel} fewer than it accepted`;
  return kernel > accepted ? `: ${kernel - accepted} of them from other senders` : '';
}
