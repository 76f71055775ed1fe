import test from 'ava';
import type { Contest, Contestant } from '../../bench/contest.js';
import { ContestRun } from '../../bench/contest-run.js';

const MISSING_PROGRAM = 'a-program-that-does-not-exist';

/** A contestant that gives `values`, one a turn, and notes its turns. */
function contestant(label: string, values: readonly (number | Error)[], turns: string[]): Contestant {
  let turn = 0;
  const measure = async () => {
    turns.push(label);
    const value = values[turn++ % values.length]!;
    if (value instanceof Error) throw value;
    return { value };
  };
  return { label, measure };
}

function contestOf(ours: Contestant, ...others: readonly Contestant[]): Contest {
  return {
    name: 'contest',
    unit: 'frames/s',
    lessIsBetter: false,
    rows: others.map((theirs, at) => ({ name: `row-${at}`, work: 'work', ours, theirs, limit: 1 })),
    [Symbol.asyncDispose]: async () => {},
  };
}

function run(contest: Contest, { rounds = 1, roundsMore = 0, rows = ['row-0', 'row-1'] } = {}) {
  return new ContestRun(contest, { rows, rounds, roundsMore, note: () => {} }).run();
}

test('ContestRun lets contestants take turns, in reverse order every other round', async (t) => {
  const turns: string[] = [];
  const [ours, a, b] = ['ours', 'a', 'b'].map((label) => contestant(label, [1], turns));
  const { measured } = await run(contestOf(ours!, a!, b!), { rounds: 3 });
  t.deepEqual(turns, ['ours', 'a', 'b', 'b', 'a', 'ours', 'ours', 'a', 'b']);
  t.deepEqual(
    measured.map(({ name, rounds }) => [name, rounds]),
    [
      ['row-0', 3],
      ['row-1', 3],
    ],
  );
});

test('ContestRun measures no more rounds than a contest allows', async (t) => {
  const turns: string[] = [];
  const contest = contestOf(contestant('ours', [1], turns), contestant('a', [1], turns));
  await run({ ...contest, roundsMax: 2 }, { rounds: 5 });
  t.deepEqual(turns, ['ours', 'a', 'a', 'ours']);
});

test('ContestRun measures only the contestants of the rows that are chosen', async (t) => {
  const turns: string[] = [];
  const [ours, a, b] = ['ours', 'a', 'b'].map((label) => contestant(label, [1], turns));
  await run(contestOf(ours!, a!, b!), { rows: ['row-1'] });
  t.deepEqual(turns, ['ours', 'b']);
});

test('ContestRun measures a broken row again before it counts', async (t) => {
  const turns: string[] = [];
  const ours = contestant('ours', [1, 10, 10], turns);
  const { measured } = await run(contestOf(ours, contestant('a', [10], turns)), { roundsMore: 2 });
  t.is(turns.length, 6);
  t.is(measured[0]?.ratio.median, 1);
  t.false(measured[0]?.broken);
});

test('ContestRun reports a row whose peer is not installed as missing', async (t) => {
  const turns: string[] = [];
  const absent = { ...contestant('a', [1], turns), programs: [MISSING_PROGRAM] };
  const contest = contestOf(contestant('ours', [1], turns), absent, contestant('b', [1], turns));
  const { measured, missing } = await run(contest);
  t.deepEqual(turns, ['ours', 'b']);
  t.deepEqual(
    measured.map(({ name }) => name),
    ['row-1'],
  );
  const reason = `${MISSING_PROGRAM} is not installed`;
  t.deepEqual(missing, [{ name: 'row-0', work: 'work', reason, oursFailed: false }]);
});

test('ContestRun goes on without a peer that fails', async (t) => {
  const turns: string[] = [];
  const failing = contestant('a', [new Error('exit 1\nand more')], turns);
  const contest = contestOf(contestant('ours', [1], turns), failing, contestant('b', [1], turns));
  const { measured, missing } = await run(contest, { rounds: 2 });
  t.deepEqual(turns, ['ours', 'a', 'b', 'b', 'ours']);
  t.is(measured[0]?.rounds, 2);
  t.deepEqual(missing, [{ name: 'row-0', work: 'work', reason: 'a failed: exit 1', oursFailed: false }]);
});

test('ContestRun reports a failure of rtap as such', async (t) => {
  const turns: string[] = [];
  const ours = contestant('ours', [new Error('no')], turns);
  const { missing } = await run(contestOf(ours, contestant('a', [1], turns)));
  t.deepEqual(missing, [{ name: 'row-0', work: 'work', reason: 'ours failed: no', oursFailed: true }]);
});
