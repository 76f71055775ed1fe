import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import { installProgram, uninstallProgram } from '../../../src/cli/extcap/installed-program.js';

const scratch = mkdtempSync(join(tmpdir(), 'rtap-extcap-'));
test.after.always(() => rmSync(scratch, { recursive: true }));

/** A package without Node: its program prints its words. The name of its folder needs quotes. */
function makePackage(name: string) {
  const folder = join(scratch, name, "it's $here");
  mkdirSync(join(folder, 'bin'), { recursive: true });
  mkdirSync(join(folder, 'dist/cli'), { recursive: true });
  writeFileSync(join(folder, 'bin/rtap'), '');
  const node = join(folder, 'node');
  writeFileSync(node, '#!/bin/sh\necho "node: $*"\n');
  chmodSync(node, 0o755);
  return { node, package: folder };
}

function run(path: string, words: readonly string[], PATH = '/nowhere') {
  const { status, stdout, stderr } = spawnSync(path, words, { encoding: 'utf8', env: { PATH } });
  return { status, stdout, stderr };
}

test('the program runs rtap extcap with the words of Wireshark, whatever PATH is', (t) => {
  const paths = makePackage('words');
  const path = installProgram(join(scratch, 'words/folder/that/is/new'), paths);
  t.is(statSync(path).mode & 0o777, 0o755);
  t.deepEqual(run(path, ['--capture', '--extcap-interface', 'rtap-a b', '--fifo', '/x']), {
    status: 0,
    stdout: `node: ${paths.package}/bin/rtap extcap --capture --extcap-interface rtap-a b --fifo /x\n`,
    stderr: '',
  });
});

test('the program answers from dist/ what is the same for each device', (t) => {
  const paths = makePackage('answers');
  const path = installProgram(join(scratch, 'answers'), paths);
  const ask = (call: string, ...more: string[]) =>
    run(path, [call, '--extcap-interface', 'rtap-io0', ...more]);
  t.regex(ask('--extcap-config').stdout, /^node: .* extcap --extcap-config --extcap-interface rtap-io0\n$/);
  const answer = 'arg {number=0}{validation=^(all|\\d+)$} \\n%s  \n value\n';
  writeFileSync(join(paths.package, 'dist/cli/extcap-config.txt'), answer);
  writeFileSync(join(paths.package, 'dist/cli/extcap-dlts.txt'), 'dlt\n');
  t.deepEqual(ask('--extcap-config'), { status: 0, stdout: answer, stderr: '' });
  t.is(ask('--extcap-dlts').stdout, 'dlt\n');
  t.regex(ask('--extcap-config', '--extcap-reload-option', '--queue').stdout, /^node: /);
  t.regex(run(path, ['--extcap-interfaces']).stdout, /^node: /);
});

test('the program finds a Node that has moved, and reports an rtap that is gone', (t) => {
  const paths = makePackage('moved');
  const path = installProgram(join(scratch, 'moved'), paths);
  const elsewhere = join(scratch, 'moved/elsewhere');
  mkdirSync(elsewhere);
  writeFileSync(join(elsewhere, 'node'), '#!/bin/sh\necho moved\n');
  chmodSync(join(elsewhere, 'node'), 0o755);
  t.regex(run(path, ['--extcap-interfaces'], elsewhere).stdout, /^node: /);
  rmSync(paths.node);
  t.is(run(path, ['--extcap-interfaces'], elsewhere).stdout, 'moved\n');
  rmSync(join(paths.package, 'bin/rtap'));
  t.deepEqual(run(path, ['--extcap-interfaces']), {
    status: 2,
    stdout: '',
    stderr:
      `rtap: cannot run "${paths.package}/bin/rtap": there is no such file\n` +
      'hint: install rtap again, and then: rtap extcap --install\n',
  });
});

test('only a program of rtap is replaced or removed', (t) => {
  const paths = makePackage('foreign');
  const folder = join(scratch, 'foreign/folder');
  mkdirSync(folder);
  const path = join(folder, 'rtap-extcap');
  t.is(uninstallProgram(folder), undefined);
  for (const text of ['', '#!/bin/sh\necho mine\n']) {
    writeFileSync(path, text);
    t.throws(() => installProgram(folder, paths), {
      message: `cannot write "${path}": it is no program of rtap, and rtap would replace it`,
    });
    t.is(uninstallProgram(folder), undefined);
    t.true(existsSync(path));
  }
  rmSync(path);
  t.is(installProgram(folder, paths), path);
  t.is(installProgram(folder, paths), path);
  t.deepEqual(readdirSync(folder), ['rtap-extcap']);
  t.is(uninstallProgram(folder), path);
  t.deepEqual(readdirSync(folder), []);
});

test('a folder that cannot be written is named', (t) => {
  const file = join(scratch, 'file');
  writeFileSync(file, '');
  t.throws(() => installProgram(join(file, 'folder'), makePackage('refused')), {
    message: `cannot write "${file}/folder/rtap-extcap": write failed with ENOTDIR (a part of the path is not a directory)`,
    code: 'ENOTDIR',
  });
});
