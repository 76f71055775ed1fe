import { openSync, readFileSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { CaptureFile } from '../../../../src/cli/rx-dump/files/capture-file.js';
import { CaptureOutput } from '../../../../src/cli/rx-dump/files/capture-output.js';
import type {
  CaptureSink,
  CaptureStatistics,
  ReceptionCounter,
} from '../../../../src/cli/rx-dump/sinks/frame-sink.js';
import { makeFolder } from '../../../tap/scratch-folder.js';

/** A sink whose tail contains the counts. */
const SINK: CaptureSink = {
  begin: () => Buffer.from('<'),
  write: () => false,
  end: (statistics) => Buffer.from(`${describe(statistics)}>`),
};

function describe(statistics: CaptureStatistics | undefined): string {
  return statistics === undefined ? '' : `${statistics.received} received, ${statistics.written} written`;
}

/** A counter that has counted one packet more at each call. */
function makeCounter(): ReceptionCounter {
  const times = { startSeconds: 0, startNanoseconds: 0, endSeconds: 0, endNanoseconds: 0 };
  let received = 0;
  return { statistics: () => ({ ...times, received: ++received, missed: 0, accepted: 0 }) };
}

test('CaptureOutput writes head and tail around its items once', (t) => {
  const path = join(makeFolder(), 'file');
  using output = new CaptureOutput(openSync(path, 'w'), true, { sink: SINK });
  output.write(Buffer.from(' item '));
  t.is(output.fileBytes, 7);
  output.finish();
  output.finish();
  t.is(readFileSync(path, 'utf8'), '< item >');
  t.false(output.write(Buffer.from('late')));
  t.is(output.path, undefined);
});

test('CaptureOutput asks its counter at the end of each file, and adds the number of its items', (t) => {
  const folder = makeFolder();
  const path = join(folder, 'file');
  using output = new CaptureFile(path, { sink: SINK, counter: makeCounter() });
  output.write(Buffer.from('-'));
  output.flush();
  renameSync(path, join(folder, 'first'));
  t.true(output.rotate());
  t.is(output.fileBytes, 1, 'the head of the second');
  output.write(Buffer.from('-'));
  output.finish();
  t.is(readFileSync(join(folder, 'first'), 'utf8'), '<-1 received, 1 written>');
  t.is(readFileSync(path, 'utf8'), '<-2 received, 2 written>');
});
