import { join } from 'node:path';
import test from 'ava';
import { json, start } from '../command.js';
import { eventually } from '../deadline.js';
import { ipLink } from '../ip-link.js';
import { threadNames } from '../process-state.js';
import { checkFlows, FlowDevice } from '../sent-flows.js';
import { enterWorkspace } from '../workspace.js';

const { directory } = enterWorkspace();

const FLOWS = 64;

interface Counts {
  readonly captured: number;
  readonly missed: number;
}

function countsIn(stderr: string): Counts {
  const [, captured, missed] = /(\d+) packets? captured\n(\d+) packets? missed/.exec(stderr) ?? [];
  return { captured: Number(captured), missed: Number(missed) };
}

for (const queues of [1, 4]) {
  for (const [pace, count, intervalUs, words] of [
    ['one frame a millisecond', 2000, 1000, []],
    ['top speed', 100_000, 0, []],
    ['top speed into short queues', 50_000, 0, ['--txqueuelen', '20']],
  ] as const) {
    test.serial(
      `rx-dump keeps the order of each flow and accounts for every frame at ${pace}, over ${queues}`,
      async (t) => {
        const name = `o${queues}-${count}`;
        const device = await FlowDevice.create(name, { words: ['--queues', String(queues), ...words] });
        const path = join(directory, `${name}.pcap`);
        const reader = start(['rx-dump', name, '-w', path]);
        await reader.waitFor(/listening/, 'stderr');
        const sender = device.startSending(FLOWS, count, intervalUs);
        let workersMax = 0;
        const countWorkers = () => {
          const workers = threadNames(reader.pid).filter((thread) => thread.startsWith('iou-'));
          workersMax = Math.max(workersMax, workers.length);
        };
        await eventually(
          () => {
            countWorkers();
            return !sender.running;
          },
          'the sender',
          60_000,
        );
        t.is((await sender.ended()).code, 0);
        countWorkers();
        const { code, stderr } = await reader.stop();
        t.is(code, 0, stderr);
        const { captured, missed } = countsIn(stderr);
        const { frames, flows, reordered, twice, strange } = await checkFlows(path);
        t.deepEqual(
          { reordered, twice, strange, flows },
          { reordered: 0, twice: 0, strange: 0, flows: FLOWS },
        );
        t.is(frames, captured);
        t.is(captured + missed, count);
        if (intervalUs > 0) t.is(missed, 0);
        const { tx } = ipLink(name).stats64;
        t.deepEqual([tx.packets, tx.dropped], [captured, missed]);
        t.like((await json('stats', name)).rx, { packets: captured, missed });
        // It writes the file. Were the queues read by workers, there would be more.
        t.true(workersMax <= 1, `${workersMax} workers`);
      },
    );
  }
}

test.serial(
  'rx-dump takes 10,000 frames over many flows from 4 queues with no loss when they fit its queues',
  async (t) => {
    const device = await FlowDevice.create('whole0', { words: ['--txqueuelen', '10000'] });
    const path = join(directory, 'whole0.pcap');
    const reader = start(['rx-dump', 'whole0', '-w', path]);
    await reader.waitFor(/listening/, 'stderr');
    await device.send(500, 10_000);
    const { code, stderr } = await reader.stop();
    t.is(code, 0);
    t.deepEqual(countsIn(stderr), { captured: 10_000, missed: 0 });
    t.like(await checkFlows(path), { frames: 10_000, flows: 500, reordered: 0, twice: 0, strange: 0 });
    type Rx = { packets: number; bytes: number; errors: number; discarded: number };
    const { rx, queues } = await json<{ rx: Rx; queues: { queue: number; rx: Rx }[] }>('stats', 'whole0');
    t.deepEqual(
      queues.map(({ queue }) => queue),
      [0, 1, 2, 3],
    );
    t.true(queues.every((queue) => queue.rx.packets > 0));
    for (const key of ['packets', 'bytes', 'errors', 'discarded'] as const) {
      t.is(
        queues.reduce((sum, queue) => sum + queue.rx[key], 0),
        rx[key],
      );
    }
    const { tx } = ipLink('whole0').stats64;
    t.deepEqual([rx.packets, rx.bytes], [tx.packets, tx.bytes]);
    t.deepEqual([rx.packets, rx.bytes], [10_000, 500_000]);
  },
);
