import test from 'ava';
import { VIEW, viewCommand } from '../../readable-view.js';
import { RunningProcess } from '../running-process.js';

test('in the view, another user runs Node and reads this checkout, whatever folders lie above it', async (t) => {
  const script = `
    const { execFileSync } = require('node:child_process');
    const words = ['--reuid=65534', '--clear-groups', 'node', '-p', '[process.execPath, require("./package.json").name].join()'];
    process.stdout.write(execFileSync('setpriv', words));
    console.log(process.cwd());`;
  const [program = '', ...words] = viewCommand(['-e', script]);
  const { code, stdout, stderr } = await new RunningProcess(program, words).ended();
  t.deepEqual([code, stdout, stderr], [0, `${VIEW}/bin/node,rtap\n${VIEW}/rtap\n`, '']);
});
