import { ArgumentTypeError } from '../../errors.js';
import { HintedError } from '../errors/usage-error.js';

/** A parser that takes an option's value once, and refuses a second one. `name` is for the error. */
export function once(name: string, hint?: string): (value: string, previous: string | undefined) => string {
  return (value, previous) => {
    if (previous === undefined) return value;
    const message = `cannot use "${name}" twice: "${previous}" and "${value}" are given`;
    throw hint === undefined ? new ArgumentTypeError(message) : new HintedError(message, hint);
  };
}
