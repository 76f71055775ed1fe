/** Units of an age, the largest first, and how many seconds each has. */
const UNITS: readonly (readonly [name: string, seconds: number])[] = [
  ['d', 86_400],
  ['h', 3600],
  ['min', 60],
  ['s', 1],
];

/** Writes how old something is, in its largest unit and the next one: `3 d 4 h`, `5 min 12 s`, `7 s`. */
export function formatAge(seconds: number): string {
  const whole = Math.floor(seconds);
  const first = UNITS.findIndex(([, unit]) => whole >= unit);
  if (first < 0) return '0 s';
  const [name, unit] = UNITS[first]!;
  const rest = whole % unit;
  const next = UNITS[first + 1];
  const count = next === undefined ? 0 : Math.floor(rest / next[1]);
  return `${Math.floor(whole / unit)} ${name}${count === 0 ? '' : ` ${count} ${next![0]}`}`;
}
