import { readdirSync, readFileSync } from 'node:fs';
import test from 'ava';
import {
  ArgumentRangeError,
  ArgumentTypeError,
  ERROR_REASONS,
  MalformedError,
  SystemError,
} from '../src/errors.js';

const SOURCES = new URL('../src/', import.meta.url);

/** The files of src/, with the text of each. */
const FILES = readdirSync(SOURCES, { recursive: true, encoding: 'utf8' })
  .filter((name) => name.endsWith('.ts'))
  .map((name) => ({ name, text: readFileSync(new URL(name, SOURCES), 'utf8') }));

/** The files whose text has `pattern`, except `allowed`. */
function filesWith(pattern: RegExp, ...allowed: readonly string[]): string[] {
  return FILES.filter(({ name, text }) => pattern.test(text) && !allowed.includes(name)).map(
    ({ name }) => name,
  );
}

test('a SystemError has its message as detail when none is given', (t) => {
  const fields = { errno: 1, code: 'EPERM', syscall: 'x' };
  t.is(new SystemError('cannot x: y', fields).detail, 'cannot x: y');
  t.is(new SystemError('cannot x: y', { ...fields, detail: 'y' }).detail, 'y');
});

test('a SystemError can be made of the fields of another', (t) => {
  const one = new SystemError('cannot x "io0": y', {
    errno: 110,
    code: 'ETIMEDOUT',
    syscall: 'holder',
    object: 'io0',
    detail: 'y',
    reason: 'holder-stopped',
    pid: 12,
    cause: new Error('before'),
  });
  const other = new SystemError(one.message, one);
  t.deepEqual({ ...other }, { ...one });
  t.is(other.cause, one.cause);
});

test('the mistakes of a caller are RangeErrors and TypeErrors, by name too', (t) => {
  const range = new ArgumentRangeError('cannot use 9');
  const type = new ArgumentTypeError('cannot use x');
  t.true(range instanceof RangeError && type instanceof TypeError);
  t.deepEqual([range.name, type.name], ['RangeError', 'TypeError']);
});

test('a MalformedError has a reason when one is given', (t) => {
  t.is(new MalformedError('x', 0).reason, undefined);
  t.is(new MalformedError('x', 0, { reason: 'capture-is-folder' }).reason, 'capture-is-folder');
});

test('every reason is named once, and used', (t) => {
  t.is(new Set(ERROR_REASONS).size, ERROR_REASONS.length);
  const unused = ERROR_REASONS.filter((reason) => filesWith(RegExp(`'${reason}'`), 'errors.ts').length === 0);
  t.deepEqual(unused, []);
});

test('SystemErrors are made in one place, and where one arrives from another thread', (t) => {
  const made = /new (?:System|Netlink|Unavailable)Error\(/;
  t.deepEqual(filesWith(made, 'sys/errno.ts', 'sys/thread-failure.ts'), []);
});

test('RangeErrors and TypeErrors of this project have classes of their own', (t) => {
  t.deepEqual(filesWith(/new (?:Range|Type)Error\(/), []);
});

test('no source file searches the message of an error', (t) => {
  const decides = [
    /\bmessage\)?\s*\.\s*(?:startsWith|endsWith|includes|indexOf|search|match|matchAll|replace|replaceAll|split|slice)\(/,
    /\.(?:test|exec)\([^()]*\bmessage\b/,
  ];
  // Commander puts the words that were wrong into its messages alone.
  for (const pattern of decides) t.deepEqual(filesWith(pattern, 'cli/entry/usage-message.ts'), []);
});
