/**
 * Returns how many packets an rx-dump read: those that it captured and those that it discarded, from its standard
 * error.
 */
export function takenPackets(stderr: string): number {
  const counts = stderr.matchAll(/(\d+) (?:packets? (?:captured|discarded in)|waiting packets? discarded)/g);
  return [...counts].reduce((sum, [, count]) => sum + Number(count), 0);
}
