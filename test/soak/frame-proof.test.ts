import test from 'ava';
import { type DeviceCounts, unexplained } from './frame-proof.js';
import { SLOTS } from './slots.js';

const NONE = {
  accepted: 0,
  refused: 0,
  perhapsAccepted: 0,
  taken: 0,
  attempts: 0,
  killedSenders: 0,
  killedReaders: 0,
};
const [tame, kept, , lasting, , , wild] = SLOTS;

/** A device that received 10 frames and sent 7, and dropped 3 more. */
const EXPLAINED: DeviceCounts = {
  slot: tame!,
  kernel: { received: 10, sent: 7, dropped: 3 },
  counted: { received: 7, receiveErrors: 0, sent: 10, sendErrors: 2 },
  said: { ...NONE, accepted: 10, refused: 2, taken: 7, attempts: 10 },
  moved: false,
};

function faultsOf(counts: Partial<DeviceCounts>): string[] {
  return unexplained({ ...EXPLAINED, ...counts });
}

test('unexplained finds nothing when all counters agree', (t) => {
  t.deepEqual(unexplained(EXPLAINED), []);
});

test('unexplained finds every counter that is off by one when no process was killed', (t) => {
  const { kernel, counted, said } = EXPLAINED;
  for (const name of ['received', 'sent', 'dropped'] as const) {
    for (const by of [-1, 1])
      t.not(faultsOf({ kernel: { ...kernel, [name]: kernel[name] + by } }).length, 0, name);
  }
  for (const name of ['received', 'receiveErrors', 'sent', 'sendErrors'] as const)
    t.not(faultsOf({ counted: { ...counted, [name]: counted[name] + 1 } }).length, 0, name);
  for (const name of ['accepted', 'refused', 'taken', 'attempts'] as const)
    t.not(faultsOf({ said: { ...said, [name]: said[name] - 1 } }).length, 0, name);
});

test('unexplained allows one burst for a killed process, and not a frame more', (t) => {
  const said = {
    ...EXPLAINED.said,
    accepted: 0,
    perhapsAccepted: 142,
    taken: 0,
    attempts: 142,
    killedReaders: 1,
  };
  const counts = (sent: number) => ({
    slot: kept!,
    said,
    kernel: { received: 10, sent, dropped: 142 - sent },
  });
  t.deepEqual(faultsOf(counts(7 + 128)), []);
  t.deepEqual(faultsOf(counts(7 + 129)), ["the kernel's tx: 136 is not 7 to 135"]);
  t.deepEqual(faultsOf(counts(6)), ["the kernel's tx: 6 is not 7 to 135"]);
});

test('unexplained allows missing frames of closed queues and earlier devices, but no additional frames', (t) => {
  const more = { ...EXPLAINED.said, attempts: 11 };
  t.deepEqual(faultsOf({ slot: lasting!, said: more }), []);
  t.deepEqual(faultsOf({ slot: wild!, said: { ...more, accepted: 99 } }), []);
  const fewer = { ...EXPLAINED.said, attempts: 9 };
  for (const slot of [lasting!, wild!])
    t.deepEqual(faultsOf({ slot, said: fewer }), ['10 frames sent or dropped of 9']);
});
