import test from 'ava';
import { type ForwardLane, planLanes } from '../../../src/tap/forward/lane-plan.js';

/** Writes `0:2>1` for a lane from queue 2 of device 0 to queue 1 of the other. */
function brief({ from, fromQueue, toQueue }: ForwardLane): string {
  return `${from}:${fromQueue}>${toQueue}`;
}

const ROWS: readonly (readonly [
  name: string,
  counts: readonly [number, number],
  threads: number,
  plan: readonly (readonly string[])[],
])[] = [
  ['one queue each, one thread', [1, 1], 1, [['0:0>0', '1:0>0']]],
  ['two queues each, one thread', [2, 2], 1, [['0:0>0', '0:1>1', '1:0>0', '1:1>1']]],
  [
    'two queues each, two threads',
    [2, 2],
    2,
    [
      ['0:0>0', '1:0>0'],
      ['0:1>1', '1:1>1'],
    ],
  ],
  ['four queues and one', [4, 1], 1, [['0:0>0', '0:1>0', '0:2>0', '0:3>0', '1:0>0']]],
  [
    'two queues and five, two threads',
    [2, 5],
    2,
    [
      ['0:0>0', '1:0>0', '1:2>0', '1:4>0'],
      ['0:1>1', '1:1>1', '1:3>1'],
    ],
  ],
];

for (const [name, counts, threads, plan] of ROWS) {
  test(`planLanes leads each queue to the one with its number, modulo the fewer queues, when there are ${name}`, (t) => {
    t.deepEqual(
      planLanes(counts, threads).map((lanes) => lanes.map(brief)),
      plan,
    );
  });
}

test('planLanes gives every queue one thread and one target for any number of queues', (t) => {
  for (const first of [1, 2, 3, 7, 128, 256]) {
    for (const second of [1, 2, 5, 128, 256]) {
      for (const threads of [1, 2, 3, 5, 128].filter((count) => count <= Math.min(first, second))) {
        const owners = new Map<string, number>();
        const ways = new Map<string, number>();
        for (const [thread, lanes] of planLanes([first, second], threads).entries()) {
          for (const { from, fromQueue, toQueue } of lanes) {
            const source = `${from}:${fromQueue}`;
            ways.set(source, (ways.get(source) ?? 0) + 1);
            for (const queue of [source, `${1 - from}:${toQueue}`]) {
              t.is(owners.get(queue) ?? thread, thread, `${queue} of ${first} and ${second} on ${threads}`);
              owners.set(queue, thread);
            }
          }
        }
        t.is(ways.size, first + second);
        t.true([...ways.values()].every((count) => count === 1));
        t.is(new Set(owners.values()).size, threads);
      }
    }
  }
});

test('planLanes throws when there are no threads, or more than the smaller device has queues', (t) => {
  for (const threads of [0, 3, 1.5, Number.NaN]) {
    t.throws(() => planLanes([2, 4], threads), {
      instanceOf: RangeError,
      message: `cannot use ${threads} threads: 1 to 2 are possible, one for each queue`,
    });
  }
  t.throws(() => planLanes([4, 1], 2), {
    message: 'cannot use 2 threads: 1 is possible, one for each queue',
  });
});
