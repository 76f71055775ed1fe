import test from 'ava';
import { blocksFor, drawGraph } from '../../../src/cli/output/block-graph.js';
import { fitParts, fitText } from '../../../src/cli/output/text-width.js';

test('fitText cuts and fills up to columns of a terminal', (t) => {
  const rows = [
    ['abc', 5, 'left', 'abc  '],
    ['abc', 5, 'right', '  abc'],
    ['abcdef', 4, 'left', 'abcd'],
    ['接口名', 6, 'left', '接口名'],
    ['接口名', 5, 'left', '接口 '],
    ['接口名', 3, 'right', ' 接'],
    ['e\u0301a', 3, 'left', 'e\u0301a '],
    ['', 2, 'left', '  '],
    ['abc', 0, 'left', ''],
  ] as const;
  for (const [text, width, side, fitted] of rows) t.is(fitText(text, width, side), fitted);
});

test('fitParts colours parts after it has cut them, and puts nothing behind a part that was cut', (t) => {
  const paint = (text: string) => `<${text}>`;
  const parts = [{ text: 'ab' }, { text: '接口', paint }, { text: 'z' }];
  t.is(fitParts(parts, 9), 'ab<接口>z  ');
  t.is(fitParts(parts, 6), 'ab<接口>');
  t.is(fitParts(parts, 5), 'ab<接>');
  t.is(fitParts(parts, 2), 'ab');
});

test('drawGraph draws the last values, and each that is more than 0', (t) => {
  const blocks = blocksFor({ LANG: 'en_US.UTF-8' });
  t.is(drawGraph([0, 1, 50, 100], 100, 6, blocks), '   ▁▄█');
  t.is(drawGraph([1, 2, 3, 4], 4, 2, blocks), '▆█');
  t.is(drawGraph([], 0, 3, blocks), '   ');
  t.is(drawGraph([1], 1, 0, blocks), '');
  t.is(drawGraph([1, 8], 8, 2, blocksFor({ LANG: 'C' })), '.#');
});

test('blocksFor follows the locale as a program in C does', (t) => {
  const utf8 = blocksFor({ LC_ALL: 'C.utf8' });
  t.is(blocksFor({ LC_ALL: '', LC_CTYPE: 'C.UTF-8', LANG: 'C' }), utf8);
  t.not(blocksFor({ LC_ALL: 'POSIX', LANG: 'C.UTF-8' }), utf8);
  t.not(blocksFor({}), utf8);
});
