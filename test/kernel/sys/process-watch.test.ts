import { spawn } from 'node:child_process';
import { once } from 'node:events';
import test from 'ava';
import { ProcessWatch } from '../../../src/sys/process-watch.js';
import { openedSince, openFiles } from '../../open-files.js';
import { withDeadline } from '../deadline.js';

/** More than any process may have (PID_MAX_LIMIT). */
const NO_PROCESS = 2 ** 22 + 1;

function sleeper(t: { teardown(end: () => void): void }): number {
  const child = spawn('sleep', ['1000']);
  t.teardown(() => child.kill('SIGKILL'));
  return child.pid!;
}

test.serial('ProcessWatch calls once when the process is killed, and keeps nothing open', async (t) => {
  const pid = sleeper(t);
  const before = openFiles();
  let ends = 0;
  const ended = new Promise<void>((resolve) => {
    const watch = ProcessWatch.open(pid, () => {
      ends += 1;
      resolve();
    });
    t.is(watch?.pid, pid);
  });
  process.kill(pid, 'SIGKILL');
  // It keeps no process alive; a timer does.
  await withDeadline(ended, 'the end of the process');
  t.is(ends, 1);
  t.deepEqual(openedSince(before), []);
});

test.serial('ProcessWatch calls no more when it is disposed, twice even', async (t) => {
  const child = spawn('sleep', ['1000']);
  const before = openFiles();
  const watch = ProcessWatch.open(child.pid!, () => t.fail())!;
  const other = new Promise<void>((resolve) => {
    ProcessWatch.open(child.pid!, resolve);
  });
  watch[Symbol.dispose]();
  watch[Symbol.dispose]();
  child.kill('SIGKILL');
  await Promise.all([withDeadline(other, 'the end of the process'), once(child, 'exit')]);
  t.deepEqual(
    openedSince(before).filter((file) => file.includes('pidfd')),
    [],
  );
});

test.serial('ProcessWatch watches nothing when there is no such process', (t) => {
  const before = openFiles();
  t.is(
    ProcessWatch.open(NO_PROCESS, () => {}),
    undefined,
  );
  t.deepEqual(openedSince(before), []);
});
