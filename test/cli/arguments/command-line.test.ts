import test from 'ava';
import { Command } from 'commander';
import fc from 'fast-check';
import { normalizeDevice, splitNamespace, wantsVersion } from '../../../src/cli/arguments/command-line.js';

/** Commands declared like the real ones: whether an option takes a value decides what the next word is. */
const COMMANDS: Readonly<Record<string, Command>> = {
  mtu: new Command().argument('<device>').argument('[bytes]').option('--json'),
  create: new Command().argument('<device>').option('--persist').option('--mac <address>'),
  delete: new Command().argument('<device>').option('--missing-ok'),
  'rx-dump': new Command()
    .argument('[device]')
    .argument('[filter...]')
    .option('-n')
    .option('-e')
    .option('-c <number>')
    .option('-q, --queue <queues>')
    .option('-r, --read <file>'),
  list: new Command().option('--json'),
  stats: new Command().argument('<device>').option('--json').option('--watch [seconds]'),
};

function normalize(words: readonly string[]): string[] {
  return normalizeDevice(words, COMMANDS[words[0] ?? ''] ?? new Command());
}

const rows: readonly (readonly [given: string, normalized: string])[] = [
  ['mtu io0 9000', 'mtu io0 9000'],
  ['mtu dev io0 9000', 'mtu io0 9000'],
  ['mtu -i io0 9000', 'mtu io0 9000'],
  ['mtu -iio0 9000', 'mtu io0 9000'],
  ['mtu --iface io0 9000', 'mtu io0 9000'],
  ['mtu --iface=io0 9000', 'mtu io0 9000'],
  ['mtu 9000 -i io0', 'mtu io0 9000'],
  ['mtu 9000 --iface=io0', 'mtu io0 9000'],
  ['rx-dump -q 2 --iface io0 -c 1', 'rx-dump io0 -q 2 -c 1'],
  ['create --iface io0 --persist', 'create io0 --persist'],
  // ip(8) names the device last.
  ['mtu 9000 dev io0', 'mtu io0 9000'],
  ['mtu --json dev io0', 'mtu io0 --json'],
  ['create --mac random dev io0', 'create io0 --mac random'],
  ['create --mac dev --persist dev io0', 'create io0 --mac dev --persist'],
  ['rx-dump -q 2 dev io0', 'rx-dump io0 -q 2'],
  ['rx-dump -q 2 dev io0 tcp port 80', 'rx-dump io0 -q 2 tcp port 80'],
  // Clusters of letters, as in tcpdump(1).
  ['rx-dump -ni io0 tcp', 'rx-dump io0 -n tcp'],
  ['rx-dump -neiio0', 'rx-dump io0 -ne'],
  ['rx-dump -nc 5 -i io0', 'rx-dump io0 -nc 5'],
  ['rx-dump -nci io0', 'rx-dump -nci io0'],
  // The value of an option and the words of a filter are no device.
  ['rx-dump -q -i -c 1', 'rx-dump -q -i -c 1'],
  ['rx-dump io0 host dev dev', 'rx-dump io0 host dev dev'],
  ['rx-dump -r x host dev io1', 'rx-dump -r x host dev io1'],
  ['rx-dump io0 host 1.2.3.4', 'rx-dump io0 host 1.2.3.4'],
  // A device may have the name dev.
  ['delete dev', 'delete dev'],
  ['delete dev dev', 'delete dev'],
  ['mtu -i dev 9000', 'mtu dev 9000'],
  ['rx-dump -i tcp tcp', 'rx-dump tcp tcp'],
  ['mtu io0 dev', 'mtu io0 dev'],
  // An optional value is a number. Another word behind its option is the device.
  ['stats --watch io0', 'stats io0 --watch'],
  ['stats --watch io0 5', 'stats io0 --watch 5'],
  ['stats --json --watch io0', 'stats io0 --json --watch'],
  ['stats --watch dev io0', 'stats io0 --watch'],
  ['stats --watch -i io0', 'stats io0 --watch'],
  ['stats --watch 5 io0', 'stats --watch 5 io0'],
  ['stats --watch .5 dev io0', 'stats io0 --watch .5'],
  ['stats io0 --watch soon', 'stats io0 --watch soon'],
  ['stats --watch -- io0', 'stats --watch -- io0'],
  // Words behind -- stay as they are.
  ['mtu -- dev io0', 'mtu -- dev io0'],
  ['mtu -- -i io0', 'mtu -- -i io0'],
  ['mtu -i io0 -- 9000', 'mtu io0 -- 9000'],
  // Commander refuses these.
  ['mtu --ifaces=io0', 'mtu --ifaces=io0'],
  // Not a command: nothing is moved.
  ['--help', '--help'],
  ['-i io0 mtu', '-i io0 mtu'],
  ['dev io0', 'dev io0'],
  ['list', 'list'],
  ['list -i io0', 'list -i io0'],
  ['nosuch -i io0', 'nosuch -i io0'],
];

for (const [given, normalized] of rows) {
  test(`normalizeDevice makes "${normalized}" when it gets "${given}"`, (t) => {
    t.deepEqual(normalize(given.split(' ')), normalized.split(' '));
  });
}

test('normalizeDevice takes an empty name when one is given', (t) => {
  t.deepEqual(normalize(['mtu', '--iface=']), ['mtu', '']);
  t.deepEqual(normalize(['mtu', '-i', '']), ['mtu', '']);
});

test('normalizeDevice refuses a device when a saved capture is read, or when it is named twice', (t) => {
  const message = (what: string) => `cannot use "${what}" with -r: a saved capture has no device`;
  for (const line of ['-i io0 -r x', '-r x -i io0', '-nr x -iio0', '-rx --iface=io0', '--read=x -ni io0'])
    t.throws(() => normalize(['rx-dump', ...line.split(' ')]), { message: message('-i') }, line);
  t.throws(() => normalize(['rx-dump', 'dev', 'io0', '--read', 'x']), { message: message('dev') });
  t.throws(() => normalize(['rx-dump', 'io0', '-i', 'io0']), {
    message: 'cannot use "-i" with "io0" before it: that names the device twice',
  });
  t.throws(() => normalize(['mtu', '-i', 'io0', '--iface=io1']), {
    message: 'cannot use "-i" twice: give one device',
  });
  t.deepEqual(normalize(['rx-dump', '-q', '-r', '-i', 'io0']), ['rx-dump', 'io0', '-q', '-r']);
});

test('normalizeDevice gives no words when there are none', (t) => t.deepEqual(normalize([]), []));

test('normalizeDevice refuses when the name is missing, or looks like an option', (t) => {
  for (const words of [
    ['mtu', '-i'],
    ['mtu', '9000', '--iface'],
    ['rx-dump', '-ni'],
  ]) {
    t.throws(() => normalize(words), {
      instanceOf: TypeError,
      message: /^cannot read option ".*": the name of a device is/,
    });
  }
  const odd = {
    instanceOf: TypeError,
    message: /^cannot use "-x" as a device name: options begin like this; write it after "--"$/,
  };
  t.throws(() => normalize(['mtu', '--iface=-x']), odd);
  t.throws(() => normalize(['mtu', '-i', '-x']), odd);
  t.throws(() => normalize(['mtu', '-i-x']), odd);
  t.deepEqual(normalize(['mtu', '--', '-x']), ['mtu', '--', '-x']);
});

test('wantsVersion finds --version unless it is the value of an option', (t) => {
  const { 'rx-dump': dump, list } = COMMANDS;
  t.true(wantsVersion(['--version']));
  t.true(wantsVersion(['-V']));
  t.true(wantsVersion(['list', '--version'], list));
  t.true(wantsVersion(['list', '--json', '-V'], list));
  t.true(wantsVersion(['rx-dump', 'io0', '-c', '1', '--version'], dump));
  t.false(wantsVersion(['rx-dump', 'io0', '-r', '--version'], dump));
  t.false(wantsVersion(['rx-dump', 'io0', '--', '--version'], dump));
  t.false(wantsVersion(['list'], list));
  t.false(wantsVersion([]));
  t.false(wantsVersion(['list', '-V'], new Command().option('-V, --verify')));
});

test('normalizeDevice keeps the other words in order when words are random', (t) => {
  const word: fc.Arbitrary<string> = fc.constantFrom(
    'mtu',
    'io0',
    'dev',
    '-i',
    '-iio1',
    '--iface',
    '--iface=io2',
    '--',
    '-q',
    '9000',
    '',
  );
  fc.assert(
    fc.property(fc.array(word, { maxLength: 8 }), (given) => {
      const before = [...given];
      let normalized: string[];
      try {
        normalized = normalize(['mtu', ...given]);
      } catch (error) {
        t.true(error instanceof TypeError && error.message.startsWith('cannot '), String(error));
        return;
      }
      t.deepEqual(given, before);
      t.is(normalized[0], 'mtu');
      // The words without the device are a subsequence of the words given.
      let at = 0;
      for (const other of normalized.slice(2)) {
        at = given.indexOf(other, at) + 1;
        if (at === 0) t.fail(`${other} is out of order`);
      }
    }),
    { seed: 1 },
  );
});

const namespaces: readonly (readonly [given: string, before: string, rest: string])[] = [
  ['show io0', '', 'show io0'],
  ['--netns blue show io0', '--netns blue', 'show io0'],
  ['--netns=blue show io0', '--netns=blue', 'show io0'],
  ['--netns=a --netns show list', '--netns=a --netns show', 'list'],
  ['show --netns blue io0', '', 'show --netns blue io0'],
  ['--netns blue', '--netns blue', ''],
  ['--netnsx list', '', '--netnsx list'],
];

for (const [given, before, rest] of namespaces) {
  test(`splitNamespace takes --netns before the command when it gets "${given}"`, (t) => {
    const split = splitNamespace(given.split(' '));
    t.deepEqual([split.before.join(' '), split.rest.join(' ')], [before, rest]);
  });
}

test('splitNamespace throws when the name is missing', (t) => {
  t.throws(() => splitNamespace(['--netns']), {
    instanceOf: TypeError,
    message: /^cannot read option "--netns": /,
  });
});
