import test from 'ava';
import { MalformedError, NetlinkError } from '../../src/errors.js';
import { DUMP_ATTEMPTS_MAX, RouteConnection } from '../../src/netlink/connection.js';
import { MessageBuilder, type MessageCursor } from '../../src/netlink/message.js';
import { type ScriptedDatagram, ScriptedSocket } from './scripted-socket.js';

const CALL = { action: 'list', object: 'links', syscall: 'RTM_GETLINK' };
const OK = [0, 0, 0, 0];
const ACKNOWLEDGED = { type: 2, payload: [...OK, ...new Array<number>(16).fill(0)] };
const DONE = { type: 3, payload: OK };
const INTERRUPTED = 0x10;

const firstByte = (answer: MessageCursor) => answer.bytes[answer.payloadStart]!;
const item = (value: number, sequence?: number) => ({
  type: 16,
  payload: [value],
  ...(sequence === undefined ? {} : { sequence }),
});

function sequenceOf(request: Uint8Array): number {
  return new DataView(request.buffer).getUint32(8, true);
}

test('RouteConnection returns the answers before the acknowledgement', (t) => {
  const socket = new ScriptedSocket([[item(1)], [ACKNOWLEDGED]]);
  using connection = new RouteConnection(socket);
  t.deepEqual(connection.execute(new MessageBuilder(18), CALL, firstByte), [1]);
  t.is(socket.requests[0]![6], 0x05);
});

test('RouteConnection reads a list over several datagrams, several messages in each', (t) => {
  const socket = new ScriptedSocket([[item(1), item(2)], [item(3)], [item(4), DONE]]);
  using connection = new RouteConnection(socket);
  t.deepEqual(connection.dump(new MessageBuilder(18), CALL, firstByte), [1, 2, 3, 4]);
  t.deepEqual([...socket.requests[0]!.subarray(6, 8)], [0x01, 0x03]);
});

test('RouteConnection skips answers to other requests, and what is no answer', (t) => {
  const stale = { ...ACKNOWLEDGED, sequence: 77, payload: [0xff, 0xff, 0xff, 0xff] };
  const socket = new ScriptedSocket([
    [item(9, 77), stale],
    [item(8, 0), { type: 1 }, { type: 4 }, item(1)],
    [{ ...DONE, sequence: 77 }],
    [DONE],
  ]);
  using connection = new RouteConnection(socket);
  t.deepEqual(connection.dump(new MessageBuilder(18), CALL, firstByte), [1]);
});

test('RouteConnection gives every request a number of its own, never 0', (t) => {
  const socket = new ScriptedSocket([[ACKNOWLEDGED]], [[ACKNOWLEDGED]]);
  using connection = new RouteConnection(socket);
  const message = new MessageBuilder(18);
  connection.execute(message, CALL, firstByte);
  connection.execute(message, CALL, firstByte);
  t.deepEqual(socket.requests.map(sequenceOf), [1, 2]);
});

test('RouteConnection repeats a list that was interrupted, after reading it to its end', (t) => {
  const interrupted: ScriptedDatagram[] = [
    [item(1), { ...item(2), flags: INTERRUPTED }],
    [item(3), DONE],
  ];
  const atTheEnd: ScriptedDatagram[] = [[item(1)], [{ ...DONE, flags: INTERRUPTED }]];
  const socket = new ScriptedSocket(interrupted, atTheEnd, [[item(5), DONE]]);
  using connection = new RouteConnection(socket);
  t.deepEqual(connection.dump(new MessageBuilder(18), CALL, firstByte), [5]);
  t.is(socket.requests.length, 3);
});

test('RouteConnection gives up a list that is interrupted again and again', (t) => {
  const answer: ScriptedDatagram[] = [[{ ...DONE, flags: INTERRUPTED }]];
  const socket = new ScriptedSocket(...new Array<ScriptedDatagram[]>(DUMP_ATTEMPTS_MAX + 1).fill(answer));
  using connection = new RouteConnection(socket);
  const error = t.throws(() => connection.dump(new MessageBuilder(18), CALL, firstByte), {
    instanceOf: NetlinkError,
  });
  t.is(error?.message, 'cannot list "links": RTM_GETLINK failed with EINTR');
  t.is(socket.requests.length, DUMP_ATTEMPTS_MAX);
});

test('RouteConnection throws what a list ends with', (t) => {
  const socket = new ScriptedSocket([[item(1)], [{ ...DONE, payload: [0xf4, 0xff, 0xff, 0xff] }]]);
  using connection = new RouteConnection(socket);
  t.throws(() => connection.dump(new MessageBuilder(18), CALL, firstByte), { code: 'ENOMEM' });
});

test('RouteConnection throws a refusal without text, and can be used again', (t) => {
  const refusal = { type: 2, payload: [0xff, 0xff, 0xff, 0xff, ...new Array<number>(16).fill(0)] };
  const socket = new ScriptedSocket([[refusal]], [[item(4)], [ACKNOWLEDGED]]);
  using connection = new RouteConnection(socket);
  const error = t.throws(() => connection.execute(new MessageBuilder(18), CALL, firstByte), {
    instanceOf: NetlinkError,
  });
  t.like(error, { errno: 1, code: 'EPERM', kernelText: '', syscall: 'RTM_GETLINK' });
  t.is(error?.message, 'cannot list "links": RTM_GETLINK failed with EPERM');
  t.deepEqual(connection.execute(new MessageBuilder(18), CALL, firstByte), [4]);
});

test('RouteConnection grows for a datagram that is larger than its buffer', (t) => {
  const large = { type: 16, payload: new Array<number>(100_000).fill(7) };
  const socket = new ScriptedSocket([[large], [ACKNOWLEDGED]]);
  using connection = new RouteConnection(socket);
  const lengths = connection.execute(new MessageBuilder(18), CALL, (a) => a.payloadEnd - a.payloadStart);
  t.deepEqual(lengths, [100_000]);
});

test('RouteConnection calls a cut acknowledgement malformed', (t) => {
  using connection = new RouteConnection(new ScriptedSocket([[{ type: 2, payload: [0, 0] }]]));
  t.throws(() => connection.execute(new MessageBuilder(18), CALL, firstByte), { instanceOf: MalformedError });
});

test('RouteConnection disposes its socket', (t) => {
  const socket = new ScriptedSocket();
  new RouteConnection(socket)[Symbol.dispose]();
  t.is(socket.disposals, 1);
});
