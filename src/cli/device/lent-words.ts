import { ArgumentTypeError } from '../../errors.js';

/**
 * Replaces `{fds}` in the arguments by `descriptors` (`5:6`), `{fd}` by the only one, and `{queues}` by their number. The first word, the
 * program, stays. Throws a TypeError for `{fd}` if there are several.
 */
export function fillPlaceholders(
  [program, ...words]: readonly [string, ...string[]],
  descriptors: readonly number[],
): [string, ...string[]] {
  if (descriptors.length > 1 && words.some((word) => word.includes('{fd}')))
    throw new ArgumentTypeError(
      `cannot replace "{fd}": ${descriptors.length} queues are lent; write {fds}, or name one queue with -q`,
    );
  const values: Readonly<Record<string, string>> = {
    '{fds}': descriptors.join(':'),
    '{fd}': String(descriptors[0]),
    '{queues}': String(descriptors.length),
  };
  return [program, ...words.map((word) => word.replace(/\{(?:fds?|queues)\}/g, (key) => values[key]!))];
}
