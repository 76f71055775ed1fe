import { spawnSync } from 'node:child_process';
import test from 'ava';
import { isContinued, splitWords } from '../../../src/cli/arguments/shell-words.js';

const COMMANDS: readonly string[] = [
  'gzip',
  '  gzip\t-9  --rsyncable ',
  'sh -c \'gzip -f "$1" && rm -f "$1"\' sh',
  '"/opt/my tools/pack" --level="9" a\\ b \'\' ""',
  'a"b"\'c\'d\\"e',
  '"\\$ \\` \\" \\\\ \\n \\\nz"',
  "x\\\ny \\\\ \\'",
  "'a\nb' c\nd",
  'up io0 # not io1; nor "io2',
  '# $nothing',
  'a \\\n b\\\n c',
  'a#b \\#c "#d" # e',
  '',
  '  ',
];

for (const text of COMMANDS) {
  test(`splitWords splits as sh does: ${JSON.stringify(text)}`, (t) => {
    const script = `printf '%s\\0' ${text.replace(/\n$/, '')}`;
    // A line break between words would end the command for sh.
    const words = spawnSync('sh', ['-c', script.replace('c\nd', 'c d')], { encoding: 'utf8' }).stdout;
    const wanted = /^\s*(#|$)/.test(text) ? [] : words.split('\0').slice(0, -1);
    t.deepEqual(splitWords(text, 'read it'), wanted);
  });
}

test('splitWords refuses what only a shell can do, and a quote without an end', (t) => {
  for (const [text, message] of [
    ['gzip | cat', 'no shell reads it, so | has no effect (quote it, or write a script)'],
    ['a; b', 'no shell reads it, so ; has no effect (quote it, or write a script)'],
    ['mv $HOME', 'no shell reads it, so $ has no effect (quote it, or write a script)'],
    ['a "x `b`"', 'no shell reads it, so ` has no effect (quote it, or write a script)'],
    ['a > b', 'no shell reads it, so > has no effect (quote it, or write a script)'],
    ["a 'b", "the quote ' has no end"],
    ['a "b\\"', 'the quote " has no end'],
    ['a \\', 'no character follows the \\ at its end'],
  ] as const) {
    t.throws(() => splitWords(text, 'read it'), {
      instanceOf: TypeError,
      message: `cannot read it: ${message}`,
    });
  }
});

test('isContinued finds the backslash that joins a line with the next one', (t) => {
  for (const text of ['up \\', 'a\\\\\\', '"a" \\']) t.true(isContinued(text), text);
  for (const text of ['up', 'a\\\\', "'a \\'", 'up # \\', '"a \\', '']) t.false(isContinued(text), text);
});
