import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import { Command } from 'commander';
import { readCommandWords } from '../../../src/cli/completion/command-words.js';
import { completionScript, SHELLS, type Shell } from '../../../src/cli/completion/shell-script.js';
import { COMMANDS } from '../../../src/cli/entry/command-table.js';
import { PROGRAM } from '../../../src/cli/entry/program.js';
import { processConsole } from '../../../src/cli/process/process-console.js';

const words = await readCommandWords(PROGRAM, processConsole);

const folder = mkdtempSync(join(tmpdir(), 'rtap-completion-'));
process.on('exit', () => rmSync(folder, { recursive: true, force: true }));
mkdirSync(join(folder, 'files'));
for (const name of ['capture.pcap', 'captured by me.pcapng', 'other'])
  writeFileSync(join(folder, 'files', name), '');
mkdirSync(join(folder, 'bin'));
/** The kernel takes it for a name, and a shell must not run it. */
const ODD_NAME = ['$(touch$', '{IFS}x)'].join('');
/** As bash inserts it. */
const QUOTED_ODD_NAME = ODD_NAME.replace(/[${}()]/g, '\\$&');
// The devices of this list, whatever there is on this machine; one alone in another network namespace.
const rtap = `#!/bin/sh
if [ "$2 $3" = '--netns blue' ] || [ "$2" = --netns=blue ]; then printf 'DEVICE INDEX\\nblue0 1\\n'
else printf 'DEVICE INDEX\\nio0 1\\nio1 2\\n${ODD_NAME} 3\\n'; fi\n`;
writeFileSync(join(folder, 'bin', 'rtap'), rtap, { mode: 0o755 });
const ip = `#!/bin/sh\nprintf 'blue (id: 0)\\ngreen\\n'\n`;
writeFileSync(join(folder, 'bin', 'ip'), ip, { mode: 0o755 });
for (const shell of SHELLS) writeFileSync(join(folder, shell), completionScript(shell, words));

/** What `shell` prints of `script` in the folder with the files. */
function runShell(shell: string, ...line: readonly string[]): string[] {
  const { status, stdout, stderr, error } = spawnSync(shell, line, {
    encoding: 'utf8',
    cwd: join(folder, 'files'),
    env: { ...process.env, HOME: folder, TERM: 'dumb', PATH: `${folder}/bin:${process.env.PATH}` },
  });
  if (status !== 0 || stderr !== '') throw new Error(`${error?.message ?? ''}${stderr}${stdout}`);
  return stdout.split('\n').filter(Boolean);
}

/** Each shell's offers for the last word of each line, by its own completion. One process of the shell has all lines. */
const OFFERS: Readonly<Record<Shell, (lines: readonly (readonly string[])[]) => string[][]>> = {
  bash: (lines) => {
    const offer = `offer() { COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _rtap; printf '%s\\n' "\${COMPREPLY[@]}"; echo '<end>'; }`;
    // bash splits words at =.
    const calls = lines.map((line) =>
      ['offer rtap', ...line.flatMap((word) => word.split(/(=)/)).map(quoted)].join(' '),
    );
    return splitAnswers(runShell('bash', '-c', ['source ../bash', offer, ...calls].join('\n')));
  },
  fish: (lines) => {
    const script = 'source ../fish; for line in $argv; complete -C "$line"; echo "<end>"; end';
    const told = runShell('fish', '--no-config', '-c', script, ...lines.map(typed));
    const answers = splitAnswers(told.map((offer) => offer.replace(/\t.*/, '')));
    return answers.map((offers, index) => bestOffers(offers, lines[index]!.at(-1)!));
  },
  zsh: zshOffers,
};

/** fish 4 also lists offers that have the typed letters elsewhere. At TAB it shows them only if none begins with these. */
function bestOffers(offers: readonly string[], word: string): string[] {
  const begin = offers.filter((offer) => offer.startsWith(word));
  return begin.length > 0 ? begin : [...offers];
}

function typed(line: readonly string[]): string {
  return ['rtap', ...line].join(' ');
}

function quoted(word: string): string {
  return `'${word}'`;
}

/** The answers to each line: an `<end>` stands behind each. */
function splitAnswers(told: readonly string[]): string[][] {
  const answers: string[][] = [[]];
  for (const line of told) {
    if (line === '<end>') answers.push([]);
    else answers.at(-1)!.push(line);
  }
  return answers.slice(0, -1);
}

/** zsh completes only in an editor: one in a terminal of its own, where compadd prints what it is given. */
function zshOffers(lines: readonly (readonly string[])[]): string[][] {
  const setup = join(folder, 'zsh-setup');
  writeFileSync(
    setup,
    `autoload -U compinit; compinit -u -D; source ../zsh
PROMPT=; setopt no_beep
compadd () {
  if [[ \${@[1,(i)(-|--)]} == *-(O|A|D)\\ * ]]; then builtin compadd "$@"; return; fi
  local -a offered; builtin compadd -A offered "$@"
  for offer in $offered; do echo "<offer:$offer>"; done
}
complete-and-clear () { zle complete-word; BUFFER=; echo "<end>" }
zle -N complete-and-clear; bindkey '^I' complete-and-clear
echo "<ready>"
`,
  );
  const script = `zmodload zsh/zpty
zpty shell zsh -f -i
zpty -w shell "source ../zsh-setup"
zpty -r -m shell heard '*<ready>*' || exit 1
for line in "$@"; do
  zpty -n -w shell "$line"$'\\t'
  zpty -r -m shell heard '*<end>*' || exit 1
  print -r -- "$heard"
done`;
  const heard = runShell('zsh', '-f', '-c', script, 'zsh', ...lines.map(typed)).join('\n');
  return splitAnswers([...heard.matchAll(/<offer:(.*?)>|<end>/g)].map(([told, offer]) => offer ?? told));
}

test('completion knows every command, each of its options and their values, when it reads the declarations', (t) => {
  t.deepEqual(
    words.map(({ name }) => name),
    [...COMMANDS.map(({ name }) => name), 'help'],
  );
  const dump = words.find(({ name }) => name === 'rx-dump')!;
  const optionOf = (option: string) => dump.options.find(({ names }) => names.includes(option));
  t.deepEqual(optionOf('-w')?.offer, { kind: 'file' });
  t.deepEqual(optionOf('--queue')?.offer, { kind: 'words', words: ['all', '0', '1', '2', '3'] });
  t.deepEqual(optionOf('--duration')?.offer, { kind: 'free' });
  t.is(optionOf('--json')?.offer, undefined);
  t.deepEqual(optionOf('--iface')?.offer, { kind: 'device' });
  t.deepEqual(optionOf('--help')?.names, ['-h', '--help']);
  t.deepEqual(dump.positionals[0], { kind: 'device' });
  const create = words.find(({ name }) => name === 'create')!;
  t.deepEqual(create.positionals, [{ kind: 'free' }], 'a new device has no name to offer');
});

test('completion lacks no option that a command declares', async (t) => {
  for (const { name, load } of COMMANDS) {
    const command = new Command(name);
    (await load()).declare(command, processConsole, PROGRAM);
    const offered = words.find((known) => known.name === name)!.options.flatMap(({ names }) => names);
    for (const { short, long } of command.options)
      for (const option of [short, long])
        if (option != null) t.true(offered.includes(option), `${name} ${option}`);
  }
});

for (const shell of SHELLS) {
  test(`completion for ${shell} is a script that the shell accepts when it reads it`, (t) => {
    t.deepEqual(runShell(shell, '-n', `../${shell}`), []);
  });
}

const DEVICES = ['io0', 'io1', ODD_NAME];
const SWITCH = ['on', 'off'];
const PCAP = ['capture.pcap', 'captured by me.pcapng'];

/** The line, whose last word is being typed, and what begins with that word. */
const rows: readonly (readonly [line: string, offers: readonly string[]])[] = [
  ['st', ['stats', 'steer']],
  ['help st', ['stats', 'steer']],
  ['completion ', ['bash', 'zsh', 'fish']],
  ['show ', DEVICES],
  ['show io', ['io0', 'io1']],
  ['show io0 io', ['io0', 'io1']],
  ['delete io0 io1 --missing-ok io', ['io0', 'io1']],
  ['up dev io0 io', ['io0', 'io1']],
  ['release io0 io1 io', ['io0', 'io1']],
  ['batch capt', PCAP],
  ['batch --json capt', PCAP],
  ['show -i ', DEVICES],
  ['mtu --iface ', DEVICES],
  ['stats --json io', ['io0', 'io1']],
  ['stats --watch io', ['io0', 'io1']],
  ['rx-dump -c 5 io', ['io0', 'io1']],
  ['mtu dev ', DEVICES],
  ['promisc io0 ', SWITCH],
  ['promisc dev io0 ', SWITCH],
  ['allmulti -i io0 ', SWITCH],
  ['allmulti --json --iface io0 ', SWITCH],
  ['persist io0 ', SWITCH],
  ['mac io0 ', ['random']],
  ['create io9 --mac ', ['random']],
  ['rx-dump io0 -q a', ['all']],
  ['tx-inject io0 -q r', ['recorded']],
  ['tx-inject io0 -q a', ['all']],
  ['rx-dump io0 --dur', ['--duration']],
  ['tx-inject io0 -r capt', PCAP],
  ['rx-dump io0 -w capt', PCAP],
  ['offload io0 cs', ['csum']],
  ['offload io0 csum,ec', ['csum,ecn']],
  ['steer io0 o', ['off']],
  ['steer io0 --by udp', ['udp-dst-port']],
  ['steer io0 --m', ['--map']],
  ['filter io0 o', ['off']],
  ['filter io0 --a', ['--allmulti']],
  ['mtu io0 9', []],
  ['--netns ', ['blue', 'green']],
  ['--netns b', ['blue']],
  ['--netns blue st', ['stats', 'steer']],
  ['--netns blue show ', ['blue0']],
  ['show --netns g', ['green']],
  ['show --netns blue ', ['blue0']],
  ['--netns blue persist blue0 ', SWITCH],
  ['persist blue0 --netns blue ', SWITCH],
  ['rx-dump --netns blue -q a', ['all']],
  ['rx-dump -r capture.pcap i', []],
  ['rx-dump -n --read capture.pcap -c 5 i', []],
  ['tx-inject -r capture.pcap i', ['io0', 'io1']],
  ['lend io', ['io0', 'io1']],
  ['lend io0 -q a', ['all']],
  ['lend io0 -- mktem', ['mktemp']],
  ['lend io0 -q 0 -- cat captu', PCAP],
];

for (const shell of SHELLS) {
  test(`completion in ${shell} offers what can stand there`, (t) => {
    const answers = OFFERS[shell](rows.map(([line]) => line.split(' ')));
    t.is(answers.length, rows.length);
    for (const [index, [line, wanted]] of rows.entries()) {
      const offers = answers[index]!.map((offer) => offer.replaceAll('\\', ''));
      // zsh completes what stands behind the last comma.
      const expected = shell === 'zsh' ? wanted.map((offer) => offer.replace(/.*,/, '')) : [...wanted];
      t.deepEqual([...new Set(offers)].sort(), expected.sort(), `${shell}: rtap ${line}`);
    }
    t.false(existsSync(join(folder, 'files', 'x')), 'the shell ran the name of a device');
  });
}

test('completion in bash inserts a name so that the shell reads it as that name', (t) => {
  const lines = [
    ['show', '$'],
    ['show', '\\$\\(to'],
  ];
  t.deepEqual(OFFERS.bash(lines), [[QUOTED_ODD_NAME], [QUOTED_ODD_NAME]]);
  t.deepEqual(runShell('bash', '-c', `printf '%s\\n' ${QUOTED_ODD_NAME}`), [ODD_NAME]);
  t.false(existsSync(join(folder, 'files', 'x')), 'the shell ran the name of a device');
});

test('completion in bash offers a device behind --iface=, which bash takes for three words', (t) => {
  const rows: readonly (readonly [words: readonly string[], offers: readonly string[]])[] = [
    [
      ['show', '--iface=io'],
      ['io0', 'io1'],
    ],
    [
      ['show', '--iface='],
      ['io0', 'io1', QUOTED_ODD_NAME],
    ],
    [['--netns=b'], ['blue']],
    [['--netns=blue', 'show', ''], ['blue0']],
    [['show', '--netns=blue', ''], ['blue0']],
  ];
  t.deepEqual(
    OFFERS.bash(rows.map(([words]) => words)),
    rows.map(([, offers]) => offers),
  );
});
