import { mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import test from 'ava';
import { EventNames } from '../../../../src/cli/rx-dump/recorder/event-names.js';

const directory = mkdtempSync(join(tmpdir(), 'rtap-event-names-'));
test.after.always(() => rmSync(directory, { recursive: true, force: true }));

/** Makes a file that was written at `seconds` since 1970. */
function make(name: string, seconds: number): void {
  writeFileSync(join(directory, name), '');
  utimesSync(join(directory, name), seconds, seconds);
}

function names(file: string, filesMax?: number): EventNames {
  return new EventNames(join(directory, file), filesMax);
}

function take(from: EventNames): string | undefined {
  const name = from.take();
  if (name !== undefined) from.release(name);
  return name && basename(name);
}

test('a number stands before the suffix, also before that of a compressed file', (t) => {
  t.is(take(names('plain')), 'plain-1');
  t.is(take(names('io0.pcapng')), 'io0-1.pcapng');
  t.is(take(names('io0.pcapng.gz')), 'io0-1.pcapng.gz');
  t.is(take(names('.hidden')), '.hidden-1');
});

test('a file that exists, or is being written, keeps its name', (t) => {
  make('kept-1.pcapng', 100);
  make('kept-3.pcapng.xz', 100);
  const free = names('kept.pcapng');
  t.is(basename(free.take()!), 'kept-2.pcapng');
  t.is(basename(free.take()!), 'kept-4.pcapng');
  free.release(join(directory, 'kept-2.pcapng'));
  t.is(basename(free.take()!), 'kept-2.pcapng', 'it was not written');
});

test('with a limit the oldest file is replaced', (t) => {
  make('ring-1.pcapng', 300);
  make('ring-2.pcapng', 100);
  const ring = names('ring.pcapng', 3);
  t.is(take(ring), 'ring-3.pcapng');
  make('ring-3.pcapng', 200);
  const second = ring.take()!;
  t.is(basename(second), 'ring-2.pcapng');
  t.is(basename(ring.take()!), 'ring-3.pcapng', 'another one while that is being written');
  t.is(basename(ring.take()!), 'ring-1.pcapng');
  t.is(ring.take(), undefined);
  ring.release(second);
  t.is(ring.take(), second);
});
