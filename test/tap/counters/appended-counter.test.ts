import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import test from 'ava';
import {
  counterBlock,
  counterFileSize,
  encodeCounterHeader,
  ROLE_READER,
} from '../../../src/tap/counters/counter-layout.js';
import { counterIndex, RX_PACKETS } from '../../../src/tap/counters/counter-table.js';
import { readCounterTotals } from '../../../src/tap/counters/counter-totals.js';
import { COMPILER_FLAG } from '../../compiler-flag.js';
import { makeFolder } from '../scratch-folder.js';

const ROOT = fileURLToPath(new URL('../../..', import.meta.url));

/** Counts with the new counter and with those beside it, and prints what follows from the table. */
const SCRIPT = `
  import { metricsText } from './src/cli/metrics/metric-families.ts';
  import { counterIndex, QUEUE_COUNTER_NAMES } from './src/tap/counters/counter-table.ts';
  import { readCounterTotals } from './src/tap/counters/counter-totals.ts';
  import { CounterWriter } from './src/tap/counters/counter-writer.ts';
  import { extendedStatistics } from './src/tap/counters/extended-statistics.ts';
  import { ReceivedTally } from './src/tap/counters/frame-tally.ts';
  import { NO_STATISTICS } from './src/netlink/link-statistics.ts';

  const folder = process.argv[1];
  const counters = CounterWriter.open(folder, 1, 1).queue(0);
  counters[counterIndex('rxNew')] = 3;
  const tally = new ReceivedTally(0);
  tally.add(new Uint8Array(64), 0, 64);
  tally.settle(counters);
  const queues = readCounterTotals(folder);
  const device = { name: 'io0', ifindex: 7, queues, total: queues[0], missed: 0, kernel: NO_STATISTICS };
  const extended = extendedStatistics(device);
  const metrics = metricsText([{ label: 'io0', statistics: device }], 'openmetrics');
  console.log(JSON.stringify({ names: QUEUE_COUNTER_NAMES, queues, extended, metrics }));
`;

/** Makes a copy of the sources and replaces one piece of text for each of `changes`. */
function changedSources(changes: readonly (readonly [file: string, before: string, after: string])[]) {
  const folder = makeFolder();
  cpSync(join(ROOT, 'src'), join(folder, 'src'), { recursive: true });
  cpSync(join(ROOT, 'package.json'), join(folder, 'package.json'));
  symlinkSync(join(ROOT, 'node_modules'), join(folder, 'node_modules'));
  for (const [file, before, after] of changes) {
    const path = join(folder, 'src/tap/counters', file);
    const text = readFileSync(path, 'utf8');
    if (!text.includes(before)) throw new Error(`${file} does not have ${before}`);
    writeFileSync(path, text.replace(before, after));
  }
  return folder;
}

/** Leaves a counter file of this release, whose writer has ended. */
function leaveCounters(folder: string): void {
  const bytes = new Uint8Array(counterFileSize(1));
  bytes.set(encodeCounterHeader({ pid: 1, role: ROLE_READER, queueCount: 1 }));
  const counters = counterBlock(bytes, 0);
  counters[RX_PACKETS] = 7;
  counters[counterIndex('txErrnoOther')] = 5;
  writeFileSync(join(folder, 'counters-1-0123456789ab'), bytes);
}

test('a new counter is stored, added up and shown when COUNTERS has a row more and a tally names it', (t) => {
  const row = `['rxNew', 57, 'new_packets', 'rtap_destination_packets', { ...RX, destination: 'new' }],`;
  const sources = changedSources([
    ['counter-table.ts', `['rxLro', `, `${row}\n  ['rxLro', `],
    // In the middle of the kinds of frames, too.
    ['frame-tally.ts', `'rxLro',`, `'rxNew', 'rxLro',`],
  ]);
  const folder = join(sources, 'counters');
  mkdirSync(folder);
  leaveCounters(folder);
  const words = [COMPILER_FLAG, '--input-type=module', '-e', SCRIPT, folder];
  const printed = JSON.parse(execFileSync(process.execPath, words, { cwd: sources, encoding: 'utf8' }));
  t.is(printed.names.length, 58);
  t.is(printed.names.at(-1), 'rxNew');
  t.is(printed.queues.length, 1);
  t.like(printed.queues[0], {
    ...{ rxNew: 3, rxPackets: 7, txErrnoOther: 5 },
    ...{ rxSize64: 1, rxUnicast: 1, rxLro: 0, rxChecksumUnknown: 1 },
  });
  const names = Object.keys(printed.extended);
  t.is(names.indexOf('rx_q0_new_packets'), names.indexOf('rx_q0_unicast_packets') + 1);
  t.is(printed.extended.rx_q0_new_packets, 3);
  const labels = 'device="io0",queue="0",direction="rx",destination="new"';
  t.true(printed.metrics.includes(`\nrtap_destination_packets_total{${labels}} 3\n`));
  t.like(
    readCounterTotals(folder)[0],
    { rxPackets: 7, rxSize64: 1, rxUnicast: 1, rxChecksumUnknown: 1, txErrnoOther: 5 },
    'this release reads what the later one counted',
  );
});
