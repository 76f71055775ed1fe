import { readFileSync } from 'node:fs';
import test from 'ava';
import { stayingCommand } from '../../../src/cli/batch/staying-commands.js';
import { COMMANDS } from '../../../src/cli/entry/command-table.js';

test('rtap-batch(8) names every command that never ends by itself', (t) => {
  const page = readFileSync(new URL('../../../man/rtap-batch.8', import.meta.url), 'utf8');
  const [, section = ''] = page.split('.Ss Commands that do not end by themselves');
  const [list = ''] = section.split('.Sh');
  const words = list.split(/[\s,]+/);
  const staying = COMMANDS.map(({ name }) => name).filter((name) => stayingCommand(name) !== undefined);
  t.true(staying.includes('monitor'));
  t.deepEqual(
    staying.filter((name) => !words.includes(name)),
    [],
  );
});
