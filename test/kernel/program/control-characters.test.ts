import test from 'ava';
import { ip } from '../../netlink/iproute2.js';
import { start } from '../command.js';
import { enterWorkspace } from '../workspace.js';

enterWorkspace();

/** rtap takes no such name for an argument, but another program may have made it. */
const NAME = 'a\x1b[31mb';
const OTHER_NAME = 'c\x9bd';
// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is looked for
const CONTROL = /[\x00-\x09\x0b-\x1f\x7f-\x9f]/;

/** What a process prints, since the console of a test has none of the process's escapes. */
async function outputOf(...words: string[]): Promise<{ readonly stdout: string; readonly stderr: string }> {
  const { stdout, stderr } = await start(words).ended();
  return { stdout, stderr };
}

test.serial('no command prints the control characters of a name of a device', async (t) => {
  ip(`tuntap add dev ${NAME} mode tap multi_queue`);
  ip(`tuntap add dev ${OTHER_NAME} mode tap`);
  const rows: readonly (readonly [words: readonly string[], shown: string])[] = [
    [['list'], 'a\\x1b[31mb'],
    [['list'], 'c\\x9bd'],
    [['list', '--json'], 'c\\u009bd'],
    [['list', '--json'], 'a\\u001b[31mb'],
    [['stats'], 'a\\x1b[31mb'],
    [['stats', '--extended'], 'a\\x1b[31mb'],
    [['stats', '--json'], 'a\\u001b[31mb'],
  ];
  for (const [words, shown] of rows) {
    const { stdout, stderr } = await outputOf(...words);
    t.true(stdout.includes(shown), `${words.join(' ')}: ${stdout}${stderr}`);
    t.notRegex(stdout, CONTROL, words[0]);
    t.notRegex(stderr, CONTROL, words[0]);
  }
});

test.serial('no error prints the control characters of what the user typed', async (t) => {
  for (const words of [
    ['show', NAME],
    [`sh${NAME}`],
    ['list', `--${NAME}`],
    ['rx-dump', '-r', `/none/${NAME}`],
    ['mtu', 'lo', NAME],
  ]) {
    const { stderr } = await outputOf(...words);
    t.true(stderr.startsWith('rtap: '), stderr);
    t.notRegex(stderr, CONTROL, words[0]);
  }
});
