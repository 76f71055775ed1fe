import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import { COMMANDS } from '../../src/cli/command-table.js';
import { readCommandWords } from '../../src/cli/completion/command-words.js';
import { completionScript, SHELLS } from '../../src/cli/completion/shell-script.js';
import { processConsole } from '../../src/cli/process-console.js';

const words = await readCommandWords(processConsole);

/** What bash offers for the last of `line`'s words. */
function bashOffers(...line: readonly string[]): string[] {
  const script = `${completionScript('bash', words)}
rtap() { printf 'DEVICE INDEX\\nio0 1\\nio1 2\\n'; }
COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _rtap; printf '%s\\n' "\${COMPREPLY[@]}"`;
  const { status, stdout, stderr } = spawnSync('bash', ['-c', script, 'bash', 'rtap', ...line], {
    encoding: 'utf8',
  });
  if (status !== 0 || stderr !== '') throw new Error(stderr);
  return stdout.split('\n').filter(Boolean);
}

test('completion knows every command and each of its options when it reads their declarations', (t) => {
  t.deepEqual(
    words.map(({ name }) => name),
    COMMANDS.map(({ name }) => name),
  );
  const dump = words.find(({ name }) => name === 'rx-dump');
  const names = dump?.options.flatMap((option) => option.names) ?? [];
  for (const name of ['-q', '--queue', '-w', '--json', '--help']) t.true(names.includes(name), name);
  t.true(dump?.takesDevice);
  t.false(words.find(({ name }) => name === 'create')?.takesDevice, 'a new device has no name to offer');
});

const folder = mkdtempSync(join(tmpdir(), 'rtap-completion-'));
process.on('exit', () => rmSync(folder, { recursive: true, force: true }));

for (const shell of SHELLS) {
  test(`completion for ${shell} is a script that the shell accepts when it reads it`, (t) => {
    const path = join(folder, shell);
    writeFileSync(path, completionScript(shell, words));
    const { status, stderr, error } = spawnSync(shell, ['-n', path], { encoding: 'utf8' });
    t.is(status, 0, `${error?.message ?? ''}${stderr}`);
  });
}

test('completion in bash offers commands, devices, options and files when each is due', (t) => {
  t.deepEqual(bashOffers('s'), ['show', 'stats']);
  t.deepEqual(bashOffers('show', ''), ['io0', 'io1']);
  t.deepEqual(bashOffers('rx-dump', 'io0', '--d'), ['--duration']);
  t.deepEqual(
    bashOffers('tx-inject', 'io0', '-r', '/etc/passw').sort(),
    ['/etc/passwd', '/etc/passwd-'].filter(existsSync),
  );
});
