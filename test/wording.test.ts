import { fileURLToPath } from 'node:url';
import test from 'ava';
import { checkWording, findWords } from '../build/wording.js';

test('no text of the project speaks of programs as of persons', (t) => {
  t.deepEqual(checkWording(fileURLToPath(new URL('..', import.meta.url))), []);
});

test('findWords finds a word with its line when a sentence has one', (t) => {
  const text = ['// The reader takes his frames.', '', "warn('Nobody reads it, and that is said');"].join(
    '\n',
  );
  t.deepEqual(findWords('src/x.ts', text), [
    { path: 'src/x.ts', line: 1, word: 'his' },
    { path: 'src/x.ts', line: 3, word: 'Nobody' },
    { path: 'src/x.ts', line: 3, word: 'is said' },
  ]);
});

test('findWords finds nothing when a word is the name of an account, or only part of a word', (t) => {
  for (const text of [
    "await done('create', 'own0', '--owner', 'nobody');",
    'rtap create io0 --owner nobody',
    'run it as user nobody',
    'the addresses are told apart',
    'this history of the sheet',
  ])
    t.deepEqual(findWords('x', text), [], text);
});
