import { spawnSync } from 'node:child_process';
import test from 'ava';
import { assertRunnable } from '../../../../src/cli/process/command-lookup.js';
import { splitWords } from '../../../../src/cli/rx-dump/files/command-words.js';
import { SystemError } from '../../../../src/errors.js';

const COMMANDS: readonly string[] = [
  'gzip',
  '  gzip\t-9  --rsyncable ',
  'sh -c \'gzip -f "$1" && rm -f "$1"\' sh',
  '"/opt/my tools/pack" --level="9" a\\ b \'\' ""',
  'a"b"\'c\'d\\"e',
  '"\\$ \\` \\" \\\\ \\n \\\nz"',
  "x\\\ny \\\\ \\'",
  "'a\nb' c\nd",
  '',
  '  ',
];

for (const text of COMMANDS) {
  test(`splitWords splits as sh does: ${JSON.stringify(text)}`, (t) => {
    const script = `printf '%s\\0' ${text.replace(/\n$/, '')}`;
    // A line break between words would end the command for sh.
    const words = spawnSync('sh', ['-c', script.replace('c\nd', 'c d')], { encoding: 'utf8' }).stdout;
    const wanted = text.trim() === '' ? [] : words.split('\0').slice(0, -1);
    t.deepEqual(splitWords(text), wanted);
  });
}

test('splitWords refuses what only a shell can do, and a quote without an end', (t) => {
  for (const [text, message] of [
    ['gzip | cat', 'no shell reads it, so | has no effect (quote it, or write a script)'],
    ['a; b', 'no shell reads it, so ; has no effect (quote it, or write a script)'],
    ['mv $HOME', 'no shell reads it, so $ has no effect (quote it, or write a script)'],
    ['a "x `b`"', 'no shell reads it, so ` has no effect (quote it, or write a script)'],
    ['a > b', 'no shell reads it, so > has no effect (quote it, or write a script)'],
    ["a 'b", "' has no end"],
    ['a "b\\"', '" has no end'],
    ['a \\', '\\ has no end'],
  ] as const) {
    t.throws(() => splitWords(text), {
      instanceOf: TypeError,
      message: `cannot use "-z ${text}": ${message}`,
    });
  }
});

test('assertRunnable finds what execvp(3) would run', (t) => {
  t.notThrows(() => assertRunnable('sh'));
  t.notThrows(() => assertRunnable('/bin/sh'));
  for (const [program, code, message] of [
    ['no-such-command', 'ENOENT', 'cannot run "no-such-command": there is no such command'],
    ['/no/such', 'ENOENT', 'cannot run "/no/such": there is no such command'],
    ['/etc/passwd', 'EACCES', 'cannot run "/etc/passwd": execve failed with EACCES (permission denied)'],
    ['/etc', 'EACCES', 'cannot run "/etc": execve failed with EACCES (permission denied)'],
  ] as const) {
    const error = t.throws(() => assertRunnable(program), { instanceOf: SystemError, message });
    t.is(error?.code, code);
  }
  t.throws(() => assertRunnable('sh', '/etc'), { instanceOf: SystemError });
});
