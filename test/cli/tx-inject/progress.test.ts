import test from 'ava';
import { describeProgress, Progress, type RunState } from '../../../src/cli/tx-inject/progress.js';
import { eventually } from '../../kernel/deadline.js';
import { makeConsole } from '../scripted-console.js';

const rows: readonly (readonly [what: string, before: RunState, now: RunState, line: string])[] = [
  [
    'half is done',
    { accepted: 0, seconds: 0, fraction: undefined },
    { accepted: 5000, seconds: 5, fraction: 0.5 },
    'io0: 5000 packets, 1.0 kpps, 50 % done, 5.0 s left',
  ],
  [
    'the end is not known',
    { accepted: 100, seconds: 1, fraction: undefined },
    { accepted: 101, seconds: 1.5, fraction: undefined },
    'io0: 101 packets, 2 pps',
  ],
  [
    'only the bytes read are known',
    { accepted: 100, seconds: 1, fraction: undefined },
    { accepted: 200, seconds: 2, fraction: undefined, readFraction: 0.25 },
    'io0: 200 packets, 100 pps, 25 % read',
  ],
  [
    'nothing has been sent',
    { accepted: 0, seconds: 0, fraction: undefined },
    { accepted: 0, seconds: 0, fraction: 0 },
    'io0: 0 packets, 0 pps, 0 % done',
  ],
  [
    'the run is in a pause, and others were cut',
    { accepted: 1, seconds: 1, fraction: undefined },
    { accepted: 1, seconds: 2, fraction: undefined, pauseLeft: 61.25, pausesCut: 2 },
    'io0: 1 packet, 0 pps, 2 pauses cut, next packet in 61.3 s',
  ],
  [
    'all is done',
    { accepted: 1, seconds: 1, fraction: 0.9 },
    { accepted: 1, seconds: 2, fraction: 1 },
    'io0: 1 packet, 0 pps, 100 % done, 0.0 s left',
  ],
];

for (const [what, before, now, line] of rows) {
  test(`describeProgress prints packets, rate, progress and time left when ${what}`, (t) => {
    t.is(describeProgress('io0', before, now), line);
  });
}

test('Progress rewrites a status until it is disposed, and removes it then', async (t) => {
  const shown: string[] = [];
  const console = { ...makeConsole(), status: (text: string) => void shown.push(text), statusTerminal: true };
  let accepted = 0;
  {
    using _progress = new Progress(console, 'io0', () => ({
      accepted: ++accepted,
      seconds: accepted,
      fraction: undefined,
    }));
    await eventually(() => shown.length >= 2, 'two lines');
  }
  t.deepEqual(shown.slice(0, 2), ['io0: 2 packets, 1 pps', 'io0: 3 packets, 1 pps']);
  t.is(shown.at(-1), '');
});
