import test from 'ava';
import { fillPlaceholders } from '../../../src/cli/device/lent-words.js';
import { ArgumentTypeError } from '../../../src/errors.js';

test('fillPlaceholders writes descriptors and their number into the arguments', (t) => {
  t.deepEqual(
    fillPlaceholders(['qemu', 'tap,fds={fds},vhost=off', 'mq={queues}', '{x}', '{fds}{fds}'], [5, 6]),
    ['qemu', 'tap,fds=5:6,vhost=off', 'mq=2', '{x}', '5:65:6'],
  );
  t.deepEqual(fillPlaceholders(['{fd}', '{fd}', '{fds}', '{queues}'], [7]), ['{fd}', '7', '7', '1']);
});

test('fillPlaceholders refuses {fd} for several queues', (t) => {
  t.throws(() => fillPlaceholders(['x', 'a{fd}'], [5, 6]), {
    instanceOf: ArgumentTypeError,
    message: 'cannot replace "{fd}": 2 queues are lent; write {fds}, or name one queue with -q',
  });
});
