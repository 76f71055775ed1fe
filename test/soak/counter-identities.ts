/** Extended counters by their names, as `stats --extended --json` prints them. */
export type ExtendedCounters = Readonly<Record<string, number>>;

/** Returns a sentence for each pair of counters that count the same frames in different ways and differ. */
export function disagreements(counters: ExtendedCounters): string[] {
  return ['rx', 'tx'].flatMap((direction) => {
    const queues = queuesOf(counters, direction);
    return [
      ...queues.flatMap((queue) => ofQueue(counters, queue)),
      ...['packets', 'bytes'].flatMap((unit) =>
        equal(
          counters,
          `${direction}_good_${unit}`,
          queues.map((queue) => `${queue}_${unit}`),
        ),
      ),
      ...equal(
        counters,
        `${direction}_errors`,
        queues.map((queue) => `${queue}_errors`),
      ),
    ];
  });
}

/** Prefixes: `rx_q0`, `rx_q1` and so on. */
function queuesOf(counters: ExtendedCounters, direction: string): string[] {
  const names = Object.keys(counters).map((name) => /^(rx|tx)_q\d+(?=_packets$)/.exec(name)?.[0] ?? '');
  return names.filter((name) => name.startsWith(direction));
}

function ofQueue(counters: ExtendedCounters, queue: string): string[] {
  const named = (pattern: RegExp) =>
    Object.keys(counters).filter(
      (name) => name.startsWith(`${queue}_`) && pattern.test(name.slice(queue.length)),
    );
  const ways = [named(/^_size_\w+_packets$/), named(/^_(broad|multi|uni)cast_packets$/)];
  if (queue.startsWith('rx')) ways.push(named(/^_checksum_(good|none|bad|unknown)$/));
  return [
    ...ways.flatMap((names) => equal(counters, `${queue}_packets`, names)),
    ...equal(counters, `${queue}_errors`, named(/^_\w+_errors$/)),
  ];
}

function equal(counters: ExtendedCounters, whole: string, parts: readonly string[]): string[] {
  const sum = parts.reduce((all, name) => all + (counters[name] ?? 0), 0);
  if (parts.length > 0 && sum === counters[whole]) return [];
  return [`${whole}: ${counters[whole]} is not the sum ${sum} of ${parts.join(' ')}`];
}
