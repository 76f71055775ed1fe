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

test('RouteConnection returns the answers when an acknowledgement follows', (t) => {
  const socket = new ScriptedSocket([[item(1)], [ACKNOWLEDGED]]);
  using connection = new RouteConnection(socket);
  t.deepEqual(connection.execute(new MessageBuilder(18), CALL, firstByte), [1]);
  t.is(socket.requests[0]![6], 0x05);
});

test('RouteConnection reads a list when it spans several datagrams with several messages each', (t) => {
  const socket = new ScriptedSocket([[item(1), item(2)], [item(3)], [item(4), DONE]]);
  using connection = new RouteConnection(socket);
  t.deepEqual(connection.dump(new MessageBuilder(18), CALL, firstByte), [1, 2, 3, 4]);
  t.deepEqual([...socket.requests[0]!.subarray(6, 8)], [0x01, 0x03]);
});

test('RouteConnection skips a message when it answers another request, or none', (t) => {
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

test('RouteConnection gives requests different numbers, and never 0, when they follow each other', (t) => {
  const socket = new ScriptedSocket([[ACKNOWLEDGED]], [[ACKNOWLEDGED]]);
  using connection = new RouteConnection(socket);
  const message = new MessageBuilder(18);
  connection.execute(message, CALL, firstByte);
  connection.execute(message, CALL, firstByte);
  t.deepEqual(socket.requests.map(sequenceOf), [1, 2]);
});

test('RouteConnection reads a list to its end and repeats it when it was interrupted', (t) => {
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

test('RouteConnection throws EINTR when a list is interrupted at every attempt', (t) => {
  const answer: ScriptedDatagram[] = [[{ ...DONE, flags: INTERRUPTED }]];
  const socket = new ScriptedSocket(...new Array<ScriptedDatagram[]>(DUMP_ATTEMPTS_MAX + 1).fill(answer));
  using connection = new RouteConnection(socket);
  const error = t.throws(() => connection.dump(new MessageBuilder(18), CALL, firstByte), {
    instanceOf: NetlinkError,
  });
  t.is(error?.message, 'cannot list "links": RTM_GETLINK failed with EINTR');
  t.is(socket.requests.length, DUMP_ATTEMPTS_MAX);
});

test('RouteConnection throws when a list ends with an errno', (t) => {
  const socket = new ScriptedSocket([[item(1)], [{ ...DONE, payload: [0xf4, 0xff, 0xff, 0xff] }]]);
  using connection = new RouteConnection(socket);
  t.throws(() => connection.dump(new MessageBuilder(18), CALL, firstByte), { code: 'ENOMEM' });
});

test('RouteConnection can be used again when it has thrown a refusal without text', (t) => {
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

test('RouteConnection enlarges its buffer when a datagram does not fit', (t) => {
  const large = { type: 16, payload: new Array<number>(100_000).fill(7) };
  const socket = new ScriptedSocket([[large], [ACKNOWLEDGED]]);
  using connection = new RouteConnection(socket);
  const lengths = connection.execute(new MessageBuilder(18), CALL, (a) => a.payloadEnd - a.payloadStart);
  t.deepEqual(lengths, [100_000]);
});

test('RouteConnection throws a MalformedError when an acknowledgement is cut', (t) => {
  using connection = new RouteConnection(new ScriptedSocket([[{ type: 2, payload: [0, 0] }]]));
  t.throws(() => connection.execute(new MessageBuilder(18), CALL, firstByte), { instanceOf: MalformedError });
});

test('RouteConnection disposes its socket when it is disposed', (t) => {
  const socket = new ScriptedSocket();
  new RouteConnection(socket)[Symbol.dispose]();
  t.is(socket.disposals, 1);
});
