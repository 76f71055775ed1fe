import test from 'ava';
import { done, json, refusal, run, start } from '../command.js';
import { findIpLink } from '../ip-link.js';
import { parseMetrics } from '../open-metrics.js';
import type { RunningProcess } from '../running-process.js';
import { enterWorkspace } from '../workspace.js';

enterWorkspace();

async function hold(...words: readonly string[]): Promise<RunningProcess> {
  const holder = start(words);
  await holder.waitFor(/ready/);
  return holder;
}

test.serial('release ends the holders of all named devices, or of none of them', async (t) => {
  const holders = [await hold('create', 'one0'), await hold('create', 'two0')];
  const [code, message] = await refusal('release', 'one0', 'missing0', 'two0');
  t.deepEqual([code, message], [2, 'rtap: cannot release "missing0": there is no such device']);
  t.true(holders.every(({ running }) => running));
  t.is(await done('release', 'one0', 'two0'), '');
  for (const holder of holders) t.is((await holder.ended()).code, 0);
  t.deepEqual(await json('list'), []);
});

test.serial('release goes on when one has no holder, and ends with 2', async (t) => {
  await done('create', 'free0', '--persist');
  await done('create', 'free1', '--persist');
  const holder = await hold('create', 'held0');
  const { code, stderr } = await run('release', 'free0', 'held0', 'free1');
  t.is(code, 2);
  t.deepEqual(stderr.match(/^rtap: .*$/gm), [
    'rtap: cannot release "free0": it has no holder',
    'rtap: cannot release "free1": it has no holder',
  ]);
  t.is((await holder.ended()).code, 0);
  await done('delete', 'free0');
  await done('delete', 'free1');
});

test.serial('release --all ends every holder, and prints nothing when there is none', async (t) => {
  t.is(await done('release', '--all'), '');
  await done('create', 'stay0', '--persist');
  await done('create', 'idle0', '--persist');
  const holders = [await hold('hold', 'stay0'), await hold('create', 'gone0')];
  t.is(await done('release', '--all'), '');
  for (const holder of holders) t.is((await holder.ended()).code, 0);
  t.deepEqual([findIpLink('gone0'), findIpLink('stay0')?.ifname], [undefined, 'stay0']);
  t.is((await refusal('release'))[0], 1);
  t.is((await refusal('release', '--all', 'stay0'))[0], 1);
  await done('delete', 'stay0');
  await done('delete', 'idle0');
});

interface Counted {
  readonly ifname: string;
  readonly tx: { readonly packets: number };
}

test.serial('stats prints all named devices, and every TAP when none is named', async (t) => {
  t.is(await done('stats'), '');
  t.deepEqual(await json('stats'), []);
  for (const [name, frames] of Object.entries({ few0: '1', more0: '2' })) {
    await done('create', name, '--persist', '--up');
    await run('tx-inject', name, '--arp', '192.0.2.1-192.0.2.2', '--count', frames);
  }
  const counts = (all: readonly Counted[]) => all.map(({ ifname, tx }) => [ifname, tx.packets]);
  const every = await json<Counted[]>('stats');
  t.deepEqual(counts(every), [
    ['few0', 1],
    ['more0', 2],
  ]);
  t.deepEqual(counts(await json<Counted[]>('stats', 'more0', 'few0')), counts(every).toReversed());
  t.is((await json<Counted>('stats', 'few0')).ifname, 'few0');
  t.deepEqual(
    (await json<Record<string, Record<string, number>>[]>('stats', '--extended')).map(
      ({ xstats }) => xstats!.tx_good_packets,
    ),
    [1, 2],
  );
  const text = await done('stats');
  t.is(text, `${await done('stats', 'few0')}\n${await done('stats', 'more0')}`);
  const families = parseMetrics(await done('stats', '--openmetrics'));
  // The versions have no device.
  const devices = families.flatMap(({ samples }) => samples.flatMap(({ labels }) => labels.device ?? []));
  t.deepEqual(new Set(devices), new Set(['few0', 'more0']));
  const [code, message] = await refusal('stats', 'few0', 'missing0', '--reset');
  t.deepEqual([code, message], [2, 'rtap: cannot reset "missing0": there is no such device']);
  t.deepEqual(await json('stats'), every);
  await done('stats', 'few0', 'more0', '--reset');
  t.deepEqual(counts(await json<Counted[]>('stats')), [
    ['few0', 0],
    ['more0', 0],
  ]);
  for (const words of [['--reset'], ['--watch'], ['few0', 'more0', '--watch']])
    t.is((await refusal('stats', ...words))[0], 1, words.join(' '));
  await done('delete', 'few0');
  await done('delete', 'more0');
});
