import { getEventListeners } from 'node:events';
import test from 'ava';
import { disposeOnAbort, Ownership } from '../../src/sys/ownership.js';

class Resource implements Disposable {
  readonly #name: string;
  readonly #log: string[];

  constructor(name: string, log: string[]) {
    this.#name = name;
    this.#log = log;
  }

  [Symbol.dispose](): void {
    this.#log.push(this.#name);
  }
}

test('Ownership returns what it takes over', (t) => {
  using ownership = new Ownership();
  const resource = new Resource('a', []);
  t.is(ownership.own(resource), resource);
});

test('Ownership releases in reverse order when it is disposed', (t) => {
  const log: string[] = [];
  const ownership = new Ownership();
  for (const name of ['a', 'b', 'c']) ownership.own(new Resource(name, log));
  t.deepEqual(log, []);
  ownership[Symbol.dispose]();
  t.deepEqual(log, ['c', 'b', 'a']);
});

test('Ownership releases nothing twice when it is disposed twice', (t) => {
  const log: string[] = [];
  const ownership = new Ownership();
  ownership.own(new Resource('a', log));
  ownership[Symbol.dispose]();
  ownership[Symbol.dispose]();
  t.deepEqual(log, ['a']);
});

test('Ownership releases the earlier resources when acquiring the next one throws', (t) => {
  const log: string[] = [];
  t.throws(
    () => {
      using ownership = new Ownership();
      ownership.own(new Resource('a', log));
      ownership.own(new Resource('b', log));
      throw new Error('no c');
    },
    { message: 'no c' },
  );
  t.deepEqual(log, ['b', 'a']);
});

test('Ownership releases the rest when one release throws', (t) => {
  const log: string[] = [];
  const ownership = new Ownership();
  ownership.own(new Resource('a', log));
  ownership.own({
    [Symbol.dispose]() {
      throw new Error('stuck');
    },
  });
  ownership.own(new Resource('c', log));
  t.throws(() => ownership[Symbol.dispose](), { message: 'stuck' });
  t.deepEqual(log, ['c', 'a']);
});

test('Ownership forgets a resource that was released before it', (t) => {
  const released: string[] = [];
  const make = (name: string) => ({ [Symbol.dispose]: () => released.push(name) });
  const owner = new Ownership();
  const [first, second, third] = ['first', 'second', 'third'].map((name) => owner.own(make(name)));
  owner.disown(second!);
  owner.disown(second!);
  owner.disown(make('stranger'));
  owner[Symbol.dispose]();
  t.deepEqual(released, ['third', 'first']);
  t.notThrows(() => owner.disown(first!));
  t.notThrows(() => owner.disown(third!));
});

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

test('disposeOnAbort keeps nothing alive when its result is called', (t) => {
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
