import { spawnSync } from 'node:child_process';
import { closeSync, constants, openSync, readSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { RTAP, start } from '../command.js';
import { eventually } from '../deadline.js';
import { ipLink } from '../ip-link.js';
import { runTool } from '../peer.js';
import { RunningProcess } from '../running-process.js';
import { FlowDevice } from '../sent-flows.js';
import { enterWorkspace } from '../workspace.js';

const { directory } = enterWorkspace();

for (const [name, words] of [
  ['capture0', ['-w', '-']],
  ['lines0', []],
  ['json0', ['--json']],
] as const) {
  test(`rx-dump ${words.join(' ')} ends when the reader of the pipe leaves and no frame comes`, async (t) => {
    await FlowDevice.create(name);
    const line = '{ "$@"; echo "exit $?" >&2; } | sleep 0.5';
    const pipeline = new RunningProcess('sh', ['-c', line, 'sh', RTAP, 'rx-dump', name, ...words]);
    const { stderr } = await pipeline.ended();
    t.regex(stderr, /\n0 packets captured\n(.*\n)*exit 0\n$/);
    t.is(ipLink(name).linkinfo.info_data.numqueues ?? 0, 0, 'the next reader finds the queues free');
  });
}

test('rx-dump -w FIFO ends when the reader of the FIFO leaves and no frame comes', async (t) => {
  await FlowDevice.create('fifo0');
  const path = join(directory, 'fifo0');
  runTool('mkfifo', path);
  const reader = start(['rx-dump', 'fifo0', '-w', path]);
  t.is(spawnSync('head', ['-c', '4', path], { encoding: 'latin1' }).stdout, '\n\r\r\n');
  const { code, stderr } = await reader.ended();
  t.is(code, 0, stderr);
});

test('rx-dump -r - ends when the reader of its output leaves and no packet comes', async (t) => {
  const reader = start(['rx-dump', '-r', '-', '-w', '-'], { inputOpen: true });
  await reader.waitFor(/reading from/, 'stderr');
  reader.closeOutput();
  const { code, stderr } = await reader.ended();
  t.is(code, 0, stderr);
});

test('rx-dump goes on reading and ends when standard error is a full pipe and signals ask for counts', async (t) => {
  const device = await FlowDevice.create('talk0', { words: ['--queues', '1'] });
  const path = join(directory, 'talk0');
  runTool('mkfifo', path);
  const errors = openSync(path, constants.O_RDWR | constants.O_NONBLOCK);
  t.teardown(() => closeSync(errors));
  const line = 'exec "$0" rx-dump talk0 --json 2>"$1"';
  const reader = new RunningProcess('sh', ['-c', line, RTAP, path]);
  let talk = '';
  await eventually(() => {
    talk += readAll(errors);
    return talk.includes('listening');
  }, 'the beginning');
  fill(errors);
  for (let number = 0; number < 3; number++) {
    reader.signal('SIGUSR1');
    await device.send(1, 1);
    await eventually(() => reader.stdout.split('\n').length > number + 1, 'a frame');
  }
  const { code } = await reader.stop();
  t.is(code, 0);
});

function readAll(fd: number): string {
  const buffer = Buffer.alloc(65_536);
  try {
    return buffer.toString('latin1', 0, readSync(fd, buffer));
  } catch {
    return '';
  }
}

/** Writes to a pipe until it takes no more. */
function fill(fd: number): void {
  try {
    for (;;) writeSync(fd, Buffer.alloc(1));
  } catch {
    // It is full.
  }
}
