import test from 'ava';
import fc from 'fast-check';
import { assertInterfaceName, assertNamePattern } from '../../../src/tap/link/interface-name.js';

const GOOD = ['io0', 'a', 'a-name-of-15-ch', 'eth0.5', 'veth@x', 'a..', '...', '-x', 'tap_1', '"q"', 'd'];

const BAD: readonly (readonly [name: string, fault: string])[] = [
  ['', 'it is empty'],
  ['.', 'the kernel reserves it'],
  ['..', 'the kernel reserves it'],
  ['a/b', 'it contains "/"'],
  ['a:b', 'it contains ":"'],
  ['a b', 'it contains white space or a control character'],
  ['a\tb', 'it contains white space or a control character'],
  ['a\0b', 'it contains white space or a control character'],
  ['a\x7fb', 'it contains white space or a control character'],
  ['täp', 'it contains characters outside ASCII'],
  ['tap\u{1f600}', 'it contains characters outside ASCII'],
];

/** Alternative names may be longer than names. */
const TOO_LONG = ['a'.repeat(128), 'it has 128 characters, at most 127 are possible'] as const;

test('assertInterfaceName does not throw when the kernel takes the name', (t) => {
  for (const name of [...GOOD, 'a-name-of-16-cha', 'a'.repeat(127)])
    t.notThrows(() => assertInterfaceName(name), name);
});

test('assertInterfaceName throws with the fault when the kernel would refuse the name', (t) => {
  for (const [name, fault] of [...BAD, ['a%d', 'it contains "%"'] as const, TOO_LONG]) {
    const message = `cannot use "${name}" as a device name: ${fault}`;
    t.throws(() => assertInterfaceName(name), { instanceOf: TypeError, message });
  }
});

test('assertNamePattern does not throw when a name has at most one %d', (t) => {
  for (const pattern of [...GOOD, '%d', 'tap%d', '%dx', 'a%db', 'a-name-of-15-%d']) {
    t.notThrows(() => assertNamePattern(pattern), pattern);
  }
});

test('assertNamePattern throws with the fault when the kernel would refuse the pattern', (t) => {
  const rows = [
    ...BAD,
    ['a-name-of-16-cha', 'it has 16 characters, at most 15 are possible'],
    ['all', 'the kernel reserves it'],
    ['default', 'the kernel reserves it'],
    ['%', 'a name can contain one %d at most'],
    ['%d%d', 'a name can contain one %d at most'],
    ['%s', 'a name can contain one %d at most'],
    ['a%', 'a name can contain one %d at most'],
    ['a-name-of-14-ch%d', 'it has 16 characters, at most 15 are possible'],
  ] as const;
  for (const [pattern, fault] of rows) {
    const message = `cannot use "${pattern}" as a device name: ${fault}`;
    t.throws(() => assertNamePattern(pattern), { instanceOf: TypeError, message });
  }
});

test('assertInterfaceName follows the rule of dev_valid_name() when the text is random ASCII', (t) => {
  const text = fc.string({ unit: 'binary-ascii', maxLength: 18 });
  fc.assert(
    fc.property(text, (name) => {
      // biome-ignore lint/suspicious/noControlCharactersInRegex: the kernel's isspace(), and what is not printable
      const valid = /^[^\x00-\x20\x7f/:%]{1,15}$/.test(name) && name !== '.' && name !== '..';
      let taken = true;
      try {
        assertInterfaceName(name);
      } catch {
        taken = false;
      }
      return taken === valid;
    }),
  );
  t.pass();
});
