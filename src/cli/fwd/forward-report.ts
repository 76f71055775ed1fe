import type { LaneReport } from '../../tap/forward/forwarding.js';
import { describeMissed, type MissedPackets } from '../device/missed-packets.js';
import { plural } from '../output/plural.js';
import { formatTable } from '../output/table.js';

/** The totals of a run of `rtap fwd`. */
export interface ForwardTotals {
  readonly names: readonly [string, string];
  readonly threadCount: number;
  readonly seconds: number;
  readonly lanes: readonly LaneReport[];
  readonly missed: readonly [MissedPackets, MissedPackets];
}

/** The totals of one direction, all queues together. */
interface DirectionTotals {
  readonly from: string;
  readonly to: string;
  readonly lanes: readonly LaneReport[];
  readonly received: number;
  readonly receivedBytes: number;
  readonly sent: number;
  readonly sentBytes: number;
  readonly discarded: number;
  readonly unusable: number;
  readonly waits: number;
  readonly refused: Readonly<Record<string, number>>;
  readonly missed: number;
  /** Queues of `from` without a reader; null if they are not known. */
  readonly unread: readonly number[] | null;
}

/** How many frames were taken from one device and did not get into the other. */
export function lostCount({ lanes }: ForwardTotals): number {
  return lanes.reduce((sum, { received, unusable, sent }) => sum + received + unusable - sent, 0);
}

/** The report, line by line. */
export function describeForwarding(totals: ForwardTotals): string[] {
  const directions = directionsOf(totals);
  return [...directions.flatMap(describeDirection), describeLanes(directions)];
}

/** The report as an object for JSON. */
export function forwardingJson(totals: ForwardTotals) {
  return {
    threads: totals.threadCount,
    seconds: totals.seconds,
    directions: directionsOf(totals).map(({ lanes, ...direction }) => ({
      ...direction,
      queues: lanes.map(({ fromQueue, toQueue, received, receivedBytes, sent, sentBytes, refused }) => ({
        from: fromQueue,
        to: toQueue,
        received,
        receivedBytes,
        sent,
        sentBytes,
        refused,
      })),
    })),
  };
}

function directionsOf({ names, lanes, missed }: ForwardTotals): DirectionTotals[] {
  return ([0, 1] as const).map((from) => {
    const own = lanes.filter((lane) => lane.from === from);
    const sum = (of: (lane: LaneReport) => number) => own.reduce((total, lane) => total + of(lane), 0);
    return {
      from: names[from],
      to: names[from === 0 ? 1 : 0],
      received: sum(({ received }) => received),
      receivedBytes: sum(({ receivedBytes }) => receivedBytes),
      sent: sum(({ sent }) => sent),
      sentBytes: sum(({ sentBytes }) => sentBytes),
      missed: missed[from].missed,
      unread: missed[from].unread ?? null,
      refused: addUp(own.map(({ refused }) => refused)),
      discarded: sum(({ discarded }) => discarded),
      unusable: sum(({ unusable }) => unusable),
      waits: sum(({ waits }) => waits),
      lanes: own,
    };
  });
}

function addUp(refusals: readonly Readonly<Record<string, number>>[]): Record<string, number> {
  const sums: Record<string, number> = {};
  for (const refused of refusals)
    for (const [code, count] of Object.entries(refused)) sums[code] = (sums[code] ?? 0) + count;
  return sums;
}

function describeDirection(totals: DirectionTotals): string[] {
  const { from, to, sent, sentBytes, missed, refused, discarded, unusable, waits } = totals;
  const cause = describeMissed({ name: from, missed, unread: totals.unread ?? undefined });
  const lines = [`${from} -> ${to}: ${plural(sent, 'packet')} (${sentBytes} bytes), ${missed} ${cause}`];
  const causes = Object.entries(refused).map(([code, count]) => `${count} ${code}`);
  if (causes.length > 0) lines.push(`  refused by ${to}: ${causes.join(', ')}`);
  if (discarded > 0)
    lines.push(`  ${plural(discarded, 'waiting packet')} of ${from} discarded (--backlog forwards them)`);
  if (unusable > 0)
    lines.push(`  ${plural(unusable, 'packet')} of ${from} unusable: truncated, or with an invalid header`);
  if (waits > 0) lines.push(`  ${plural(waits, 'wait')} for room in ${to}`);
  return lines;
}

function describeLanes(directions: readonly DirectionTotals[]): string {
  const rows = directions.flatMap(({ from, to, lanes }) =>
    lanes.map(({ fromQueue, toQueue, received, receivedBytes, sent, sentBytes }) => [
      `${from} queue ${fromQueue}`,
      `${to} queue ${toQueue}`,
      ...[received, receivedBytes, sent, sentBytes].map(String),
    ]),
  );
  return formatTable([['FROM', 'TO', 'RECEIVED', 'BYTES', 'SENT', 'BYTES'], ...rows], { numbersFrom: 2 });
}
