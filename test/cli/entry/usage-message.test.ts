import test from 'ava';
import { Command, CommanderError, Option } from 'commander';
import { readUsageFault } from '../../../src/cli/entry/usage-message.js';

/** The error that commander throws for `words`. */
function refusalOf(command: Command, ...words: readonly string[]): CommanderError {
  command
    .name('try')
    .exitOverride()
    .configureOutput({ outputError: () => {} });
  try {
    command.action(() => {}).parse(words, { from: 'user' });
  } catch (error) {
    if (error instanceof CommanderError) return error;
    throw error;
  }
  throw new Error('nothing was refused');
}

function deviceless(): Command {
  const program = new Command().exitOverride();
  program
    .command('list')
    .exitOverride()
    .configureOutput({ outputError: () => {} })
    .action(() => {});
  return program;
}

const colour = () => new Option('--colour <name>', '').choices(['red', 'blue']);

// The rows run commander, so that they fail when a release words its errors differently.
const rows: readonly (readonly [error: CommanderError, message: string, suggestion?: string])[] = [
  [refusalOf(new Command(), '--nosuch'), 'cannot use option "--nosuch": there is no such option'],
  [
    refusalOf(new Command().option('--json'), '--jsno'),
    'cannot use option "--jsno": there is no such option',
    '--json',
  ],
  [
    refusalOf(new Command().option('--aab').option('--aac'), '--aad'),
    'cannot use option "--aad": there is no such option',
    '--aab, --aac',
  ],
  [refusalOf(new Command().argument('<device>')), 'cannot read argument "device": it is missing'],
  [
    refusalOf(new Command().option('--mtu <bytes>'), '--mtu'),
    'cannot read option "--mtu <bytes>": its value is missing',
  ],
  [
    refusalOf(new Command().requiredOption('--mtu <bytes>')),
    'cannot run without option "--mtu <bytes>": it is missing',
  ],
  [
    refusalOf(new Command().addOption(colour()), '--colour', 'x'),
    'cannot use option "--colour <name>" with "x": wanted one of red, blue',
  ],
  [
    refusalOf(new Command().addOption(colour().conflicts('raw')).option('--raw'), '--raw', '--colour', 'red'),
    'cannot use option "--colour <name>" with option "--raw": use one of them',
  ],
  [refusalOf(deviceless(), 'list', 'x'), 'cannot run "list": it takes no arguments'],
  [new CommanderError(1, 'x', "error: a new 'sentence'."), "cannot read the command line: a new 'sentence'"],
];

for (const [error, message, suggestion] of rows) {
  test(`readUsageFault translates commander's error into ${message}`, (t) => {
    t.deepEqual(readUsageFault(error), { message, suggestion });
  });
}

test('readUsageFault suggests the whole option when one is abbreviated', (t) => {
  const options = ['--snapshot-length', '--segment', '--segment-bytes', '--json'];
  const suggest = (word: string) =>
    readUsageFault(refusalOf(new Command().option('--json'), word), { name: 'show', options }).suggestion;
  t.is(suggest('--snap'), '--snapshot-length');
  t.is(suggest('--seg=5'), '--segment, --segment-bytes');
  t.is(suggest('--jsno'), '--json');
  t.is(suggest('--nothing'), undefined);
});
