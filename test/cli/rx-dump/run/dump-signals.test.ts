import test from 'ava';
import { Undo } from '../../../../src/cli/process/undo.js';
import { watchSignals } from '../../../../src/cli/rx-dump/run/dump-signals.js';
import { Ending } from '../../../../src/cli/rx-dump/run/ending.js';
import { makeConsole } from '../../scripted-console.js';

/** A run whose output has other files or none, and the calls to that output. */
function watch(t: { teardown(undo: () => void): void }, facts: { rotates: boolean; hungUp?: boolean }) {
  const told: string[] = [];
  const ending = new Ending();
  let stop: (signal: NodeJS.Signals) => void = () => {};
  const console = {
    ...makeConsole(),
    hungUp: facts.hungUp === true,
    onStop: (listener: typeof stop) => {
      stop = listener;
      return () => {};
    },
  };
  const output = {
    rotate: () => {
      told.push('rotate');
      return facts.rotates;
    },
    flush: () => {},
    hurry: () => void told.push('hurry'),
  };
  const undo = new Undo();
  t.teardown(() => undo[Symbol.dispose]());
  watchSignals({ output, ending, report: () => {} }, console, undo);
  return { told, ending, stop: (signal: NodeJS.Signals) => stop(signal) };
}

test('watchSignals rotates the output when SIGHUP comes, except when the run is ending', (t) => {
  const { told, ending, stop } = watch(t, { rotates: true });
  stop('SIGHUP');
  stop('SIGHUP');
  t.deepEqual([told, ending.reason], [['rotate', 'rotate'], undefined]);
  stop('SIGTERM');
  t.is(ending.reason, 'signal');
  // systemd sends SIGHUP after SIGTERM if SendSIGHUP is on.
  stop('SIGHUP');
  t.deepEqual(told, ['rotate', 'rotate', 'hurry']);
});

test('watchSignals ends the run when SIGHUP comes and the output has no file, or the terminal is gone', (t) => {
  for (const facts of [{ rotates: false }, { rotates: true, hungUp: true }]) {
    const { ending, stop } = watch(t, facts);
    stop('SIGHUP');
    t.is(ending.reason, 'signal');
  }
});

test('watchSignals stops waiting for slow readers when a second signal comes', (t) => {
  const { told, stop } = watch(t, { rotates: true });
  stop('SIGINT');
  t.deepEqual(told, []);
  stop('SIGINT');
  t.deepEqual(told, ['hurry']);
});
