/** Shares `room` rows among devices that need `needed` rows. None gets more than it needs, and what it leaves is for the others. */
export function shareRows(needed: readonly number[], room: number): number[] {
  const shares = needed.map(() => 0);
  let left = Math.max(room, 0);
  for (let waiting = unfilled(needed, shares); left > 0 && waiting.length > 0; ) {
    const each = Math.max(Math.floor(left / waiting.length), 1);
    for (const index of waiting) {
      const more = Math.min(each, needed[index]! - shares[index]!, left);
      shares[index]! += more;
      left -= more;
    }
    waiting = unfilled(needed, shares);
  }
  return shares;
}

function unfilled(needed: readonly number[], shares: readonly number[]): number[] {
  return [...needed.keys()].filter((index) => shares[index]! < needed[index]!);
}
