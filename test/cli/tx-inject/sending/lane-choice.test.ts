import test from 'ava';
import { laneAsRecorded, laneByFlow, NO_LANE } from '../../../../src/cli/tx-inject/sending/lane-choice.js';
import { HexSource } from '../../../../src/cli/tx-inject/sources/hex-source.js';

/** A source whose current frame is `hex`, recorded on `queue`. */
function sourceOf(hex: string, queue = -1) {
  const source = new HexSource([Buffer.from(hex, 'hex')]);
  source.next();
  return Object.assign(source, { queue });
}

/** A UDP frame between two ports. */
function udp(from: number, to: number): string {
  const [a, b] = [from, to].map((port) => port.toString(16).padStart(4, '0'));
  return `0200000000010200000000020800450000${'1c'}00000000401100000a0000010a000001${a}${b}00080000`;
}

test('laneByFlow sends both directions of a flow into one lane, and uses all lanes', (t) => {
  for (const laneCount of [2, 3, 4, 256]) {
    const choose = laneByFlow(laneCount);
    const seen = new Set<number>();
    for (let port = 1; port < 4000; port++) {
      const lane = choose(sourceOf(udp(port, 9)));
      t.is(choose(sourceOf(udp(9, port))), lane);
      seen.add(lane);
    }
    t.is(seen.size, laneCount);
    t.true([...seen].every((lane) => lane >= 0 && lane < laneCount));
  }
});

test('laneAsRecorded takes the recorded queue, queue 0 for none, and no lane for a queue that is not there', (t) => {
  const choose = laneAsRecorded([{ number: 0 }, { number: 1 }, { number: 5 }]);
  t.deepEqual(
    [-1, 0, 1, 5, 2, 4_294_967_295].map((queue) => choose(sourceOf('00', queue))),
    [0, 0, 1, 2, NO_LANE, NO_LANE],
  );
});
