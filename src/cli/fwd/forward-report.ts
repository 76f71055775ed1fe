import type { LaneReport } from '../../tap/forward/forwarding.js';
import { plural } from '../output/plural.js';
import { formatTable } from '../output/table.js';

/** Everything a run of `rtap fwd` has to say. */
export interface ForwardFacts {
  readonly names: readonly [string, string];
  readonly threadCount: number;
  readonly seconds: number;
  readonly lanes: readonly LaneReport[];
  /** What the kernel dropped of each device, unread. */
  readonly missed: readonly [number, number];
}

/** One direction, all queues together. */
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
}

/** Frames that came to rtap and did not get into the other device. */
export function lostCount({ lanes }: ForwardFacts): number {
  return lanes.reduce((sum, { received, unusable, sent }) => sum + received + unusable - sent, 0);
}

export function describeForwarding(facts: ForwardFacts): string[] {
  const directions = totalsOf(facts);
  return [...directions.flatMap(describeDirection), describeLanes(directions)];
}

export function forwardingJson(facts: ForwardFacts) {
  return {
    threads: facts.threadCount,
    seconds: facts.seconds,
    directions: totalsOf(facts).map(({ lanes, ...totals }) => ({
      ...totals,
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

function totalsOf({ names, lanes, missed }: ForwardFacts): DirectionTotals[] {
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
      missed: missed[from],
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
  const lines = [
    `${from} -> ${to}: ${plural(sent, 'packet')} (${sentBytes} bytes), ${missed} missed (dropped by the kernel before rtap could read them)`,
  ];
  const causes = Object.entries(refused).map(([code, count]) => `${count} ${code}`);
  if (causes.length > 0) lines.push(`  refused by ${to}: ${causes.join(', ')}`);
  if (discarded > 0)
    lines.push(
      `  ${plural(discarded, 'packet')} that had waited in ${from} discarded (--backlog forwards them)`,
    );
  if (unusable > 0) lines.push(`  ${plural(unusable, 'packet')} of ${from} unusable: cut, or of no sense`);
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
