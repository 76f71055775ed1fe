import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import test from 'ava';
import { RTAP } from '../command.js';
import { enterWorkspace } from '../workspace.js';

enterWorkspace();

const ROOT = fileURLToPath(new URL('../../../', import.meta.url));
const README = readFileSync(`${ROOT}README.md`, 'utf8');

/** The text of the one block of the README in this language. */
function blockOf(language: string): string {
  const blocks = [...README.matchAll(new RegExp(`^\`\`\`${language}\n(.*?)^\`\`\`$`, 'gms'))];
  if (blocks.length !== 1) throw new Error(`the README has ${blocks.length} blocks of ${language}`);
  return blocks[0]![1]!;
}

/**
 * The lines of the tour's output without what differs from run to run: times, rates, ids, and which queues the kernel chose. Two
 * programs print at the same time, so the order of their lines differs, too.
 */
function maskedLines(output: string): string[] {
  return (
    output
      .trimEnd()
      .split('\n')
      // Only a machine that is too busy for the rate prints this line.
      .filter((line) => !line.startsWith('asked for '))
      .map((line) =>
        line
          .replace(/^\d\d:\d\d:\d\d\.\d{6} q\d/, 'TIME qN')
          .replace(/\bid \d+/, 'id N')
          .replace(/\bin [\d.]+ s: .*/, 'in TIME')
          .replace(/[\d.]+ (us|ms|s)\b/g, 'TIME')
          .replace(/^stream [0-9a-f]{4}/, 'stream ID')
          .replace(/^queue \d/, 'queue N')
          .replace(/^( *\d+){7}$/, 'ROW OF A QUEUE')
          .replace(/ +/g, ' '),
      )
      .sort()
  );
}

test("the README's tour prints what the README shows", (t) => {
  const script = blockOf('sh').replace('PATH=$PWD/bin', `PATH=${dirname(RTAP)}`);
  t.true(script.includes(dirname(RTAP)));
  const { status, stdout, stderr } = spawnSync('bash', ['-c', `exec 2>&1\n${script}`], {
    cwd: ROOT,
    encoding: 'utf8',
  });
  t.is(stderr, '');
  t.is(status, 0, stdout);
  t.deepEqual(maskedLines(stdout), maskedLines(blockOf('text')));
});

test('the program of the README is the heart of its example', (t) => {
  const example = readFileSync(`${ROOT}examples/echo.mjs`, 'utf8');
  t.true(example.includes(blockOf('js')));
});

test('the README has at most 160 lines', (t) => {
  t.true(README.trimEnd().split('\n').length <= 160);
});
