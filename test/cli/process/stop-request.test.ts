import test from 'ava';
import { StopRequest } from '../../../src/cli/process/stop-request.js';
import { makeConsole } from '../scripted-console.js';

/** A console that stops at SIGUSR2, which no other process sends. */
function consoleOfSignals() {
  return {
    ...makeConsole(),
    onStop(listener: (signal: NodeJS.Signals) => void) {
      process.on('SIGUSR2', listener);
      return () => void process.off('SIGUSR2', listener);
    },
  };
}

test.serial('StopRequest hears a signal that came just before it lets go of them', async (t) => {
  using stop = new StopRequest(consoleOfSignals());
  process.kill(process.pid, 'SIGUSR2');
  t.is(await stop.unguarded(() => process.listenerCount('SIGUSR2')), 1);
  t.true(stop.requested);
});

test.serial('StopRequest lets go of signals while something runs unguarded, and listens again', async (t) => {
  using stop = new StopRequest(consoleOfSignals());
  t.is(await stop.unguarded(() => process.listenerCount('SIGUSR2')), 0);
  await t.throwsAsync(
    stop.unguarded(() => {
      throw new Error('refused');
    }),
    { message: 'refused' },
  );
  t.false(stop.requested);
  process.kill(process.pid, 'SIGUSR2');
  await stop.happened;
  t.true(stop.requested);
});
