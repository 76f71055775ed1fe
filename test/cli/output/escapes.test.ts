import test from 'ava';
import {
  jsonText,
  printableColouredText,
  printableName,
  printableText,
} from '../../../src/cli/output/escapes.js';

test('printableText escapes control characters, and leaves tab, line feed and all others', (t) => {
  t.is(
    printableText('a\x1b[31mb\x07\r\x7f\x9bc\u202e\u2028'),
    'a\\x1b[31mb\\x07\\x0d\\x7f\\x9bc\\u202e\\u2028',
  );
  t.is(printableText('a\tb\nc äöü 設定 \\x1b'), 'a\tb\nc äöü 設定 \\x1b');
});

test('printableName escapes tab and line feed too', (t) => {
  t.is(printableName('a\tb\nc'), 'a\\x09b\\x0ac');
});

test('printableColouredText leaves colours and no other sequence', (t) => {
  t.is(
    printableColouredText('\x1b[1ma\x1b[2Jb\x1b[22m\x07\x1b[38;5;1m'),
    '\x1b[1ma\\x1b[2Jb\x1b[22m\\x07\x1b[38;5;1m',
  );
});

test('every character below U+0100 is printable after it was escaped, and reads back from JSON', (t) => {
  for (let code = 0; code < 0x100; code++) {
    const character = String.fromCharCode(code);
    // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is looked for
    const control = /[\x00-\x1f\x7f-\x9f]/;
    t.notRegex(printableName(character), control, String(code));
    t.notRegex(jsonText(character), control, String(code));
    t.deepEqual(JSON.parse(jsonText({ [character]: [character] })), { [character]: [character] });
  }
});
