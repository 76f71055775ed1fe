import { getEventListeners } from 'node:events';
import test from 'ava';
import { disposeOnAbort } from '../../src/sys/abort-disposal.js';

function makeResource(): Disposable & { disposals: number } {
  return {
    disposals: 0,
    [Symbol.dispose]() {
      this.disposals += 1;
    },
  };
}

test('disposeOnAbort disposes once when the signal is aborted, and leaves no listener', (t) => {
  const stop = new AbortController();
  const resource = makeResource();
  disposeOnAbort(resource, stop.signal);
  t.is(resource.disposals, 0);
  stop.abort();
  stop.abort();
  t.is(resource.disposals, 1);
  t.is(getEventListeners(stop.signal, 'abort').length, 0);
});

test('disposeOnAbort disposes at once when the signal is aborted already', (t) => {
  const resource = makeResource();
  disposeOnAbort(resource, AbortSignal.abort());
  t.is(resource.disposals, 1);
});

test('disposeOnAbort keeps nothing alive when it is told to forget', (t) => {
  const stop = new AbortController();
  const resource = makeResource();
  const forget = disposeOnAbort(resource, stop.signal);
  t.is(getEventListeners(stop.signal, 'abort').length, 1);
  forget();
  t.is(getEventListeners(stop.signal, 'abort').length, 0);
  stop.abort();
  t.is(resource.disposals, 0);
  disposeOnAbort(resource, undefined)();
  t.is(resource.disposals, 0);
});
