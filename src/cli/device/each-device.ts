import { ArgumentRangeError, ArgumentTypeError, MalformedError, SystemError } from '../../errors.js';
import { SeveralErrors } from '../errors/several-errors.js';
import type { Console } from '../process/console.js';

/** Refusals that concern one device. Another error ends the command. */
const REFUSALS = [SystemError, ArgumentRangeError, ArgumentTypeError, MalformedError];

/**
 * Calls `run` for each of `names`, also after one that is refused, and then `report` with the results. Throws what was refused:
 * SeveralErrors if it is more than one.
 */
export async function forEachDevice<T>(
  names: readonly string[],
  run: (name: string) => T | Promise<T>,
  report: (results: readonly Awaited<T>[]) => unknown = () => {},
): Promise<void> {
  const results: Awaited<T>[] = [];
  const refused: unknown[] = [];
  for (const name of names) {
    try {
      results.push(await run(name));
    } catch (error) {
      if (!REFUSALS.some((kind) => error instanceof kind)) throw error;
      refused.push(error);
    }
  }
  await report(results);
  if (refused.length > 0) throw refused.length === 1 ? refused[0] : new SeveralErrors(refused);
}

/** Prints the object of the one device that was named, or an array of the objects of several. */
export function printJsonOf(objects: readonly object[], names: readonly string[], console: Console): void {
  if (names.length > 1) console.printJson(objects);
  else if (objects[0] !== undefined) console.printJson(objects[0]);
}
