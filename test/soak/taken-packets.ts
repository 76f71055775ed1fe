/** Packets that an rx-dump captured or threw away, by what it said on standard error: all of them were read. */
export function takenPackets(stderr: string): number {
  const counts = stderr.matchAll(/(\d+) packets? (?:captured|that had waited discarded|discarded in)/g);
  return [...counts].reduce((sum, [, count]) => sum + Number(count), 0);
}
