import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import fc from 'fast-check';
import type { Descriptor } from '../../../src/sys/descriptor.js';
import { waitUntilReadable } from '../../../src/sys/descriptor-wait.js';
import { isSystemError } from '../../../src/sys/errno.js';
import { MessageMemory } from '../../../src/sys/message-memory.js';
import { Ownership } from '../../../src/sys/ownership.js';
import { connectUnix } from '../../../src/sys/unix-socket.js';
import { CONNECTIONS_MAX } from '../../../src/tap/hold/holder.js';
import { encodeRequest } from '../../../src/tap/lease/holder-request.js';
import { TapDevice } from '../../../src/tap/queue/tap-device.js';
import { json, RTAP, start } from '../command.js';
import { eventually } from '../deadline.js';
import { ipLink } from '../ip-link.js';
import { runPeer, startPeer } from '../peer.js';
import { RunningProcess } from '../running-process.js';
import { deviceFolder, enterWorkspace } from '../workspace.js';

const workspace = enterWorkspace();
const PURPOSE = { action: 'try', object: 'holder' };
const LEASE = encodeRequest({ type: 'lease', queues: [0], share: true, command: 'x' });

let holder: RunningProcess;
let path = '';
/** The number of descriptors of the holder while it has no connection. */
let resting = 0;

test.before('a holder', async () => {
  holder = start(['create', 'io0', '--up', '--queues', '4']);
  await holder.waitFor(/ready/);
  resting = descriptors();
  path = join(deviceFolder(workspace, ipLink('io0').ifindex), 'holder');
});

/** The number of descriptors that the holder has open. It shows a descriptor that the holder fails to close. */
const descriptors = () => readdirSync(`/proc/${holder.pid}/fd`).length;

/** Checks that the holder serves another user, and that no descriptor is left. */
async function assertServes(): Promise<void> {
  await eventually(isServed, 'room for one more user');
  await eventually(
    () => descriptors() === resting,
    () => `${resting} descriptors of the holder, not ${descriptors()}`,
  );
}

/** Whether a connection was served; false if the holder has not noticed yet that others have left. */
function isServed(): boolean {
  try {
    TapDevice.open('io0', { queueNumbers: [3] })[Symbol.dispose]();
    return true;
  } catch (error) {
    if (!isSystemError(error, 'EAGAIN')) throw error;
    return false;
  }
}

/** Connects as a raw client, runs `use`, and closes the connection. */
function raw(use: (socket: Descriptor, memory: MessageMemory) => void): void {
  using owned = new Ownership();
  const socket = owned.own(connectUnix(path, PURPOSE));
  const memory = owned.own(new MessageMemory(200_000));
  use(socket, memory);
}

function receive(
  socket: Descriptor,
  memory: MessageMemory,
): { readonly text: string; readonly count: number } {
  if (!waitUntilReadable(socket.fd, 20_000)) throw new Error('no answer');
  const { result, descriptors } = memory.receive(socket.fd);
  for (const descriptor of descriptors) descriptor[Symbol.dispose]();
  return {
    text: new TextDecoder().decode(memory.data(Math.max(result, 0))),
    count: descriptors.length,
  };
}

test.serial('a client in Python can use the protocol that rtap-hold(8) describes', async (t) => {
  const said = await runPeer(
    'holder_user.py',
    path,
    '{"rtap":1,"type":"lease","queues":[1,3],"share":false,"command":"a program"}',
    '{"rtap":1,"type":"send","queues":[0]}',
    '{"rtap":1,"type":"send","queues":[4]}',
    '{"rtap":1,"type":"lease","queues":[],"share":false,"command":"none"}',
    '{"rtap":1,"type":"offload","offloads":["lro"]}',
    '{"rtap":1,"type":"offload","offloads":["csum"]}',
    '{"rtap":1,"type":"taken"}',
  );
  const lines = said.trimEnd().split('\n');
  const greeting = JSON.parse(lines[0]!.slice(2)) as Record<string, unknown>;
  t.like(greeting, {
    rtap: 1,
    type: 'greeting',
    device: 'io0',
    ifindex: ipLink('io0').ifindex,
    queues: 4,
    admitted: true,
    leases: [],
  });
  t.deepEqual(lines.slice(1), [
    '2 {"rtap":1,"type":"lent","queues":[1,3]}',
    '1 {"rtap":1,"type":"lent","queues":[0]}',
    '0 {"rtap":1,"type":"refusal","code":"EINVAL","syscall":"holder","reason":"it has no queue 4, its holder has 4","reason_code":"no-such-queue"}',
    '0 {"rtap":1,"type":"refusal","code":"EINVAL","syscall":"holder","reason":"the request names no queue","reason_code":"no-such-queue"}',
    '0 {"rtap":1,"type":"refusal","code":"EINVAL","syscall":"ioctl(TUNSETOFFLOAD)","reason":"this version of rtap does not know the offload lro","reason_code":"offload-unknown"}',
    '0 {"rtap":1,"type":"done"}',
    'END',
  ]);
});

test.serial(
  'a message that is malformed, too long or carries descriptors ends its connection, and nothing else',
  async (t) => {
    const faults: readonly (readonly [bytes: Uint8Array, fds?: readonly number[]])[] = [
      [new TextEncoder().encode('{')],
      [new TextEncoder().encode('{"rtap":2,"type":"lease"}')],
      [new Uint8Array(5000).fill(0x20)],
      [new Uint8Array(100_000).fill(0x20)],
      [LEASE, [0, 1, 2]],
    ];
    for (const [bytes, fds] of faults) {
      raw((socket, memory) => {
        t.regex(receive(socket, memory).text, /"greeting"/);
        t.is(memory.send(socket.fd, bytes, fds), bytes.length);
        t.regex(receive(socket, memory).text, /"refusal","code":"EBADMSG"/);
        t.is(receive(socket, memory).text, '');
      });
    }
    await assertServes();
  },
);

test.serial('a holder closes descriptors that come with a message without bytes', async (t) => {
  raw((socket, memory) => {
    t.regex(receive(socket, memory).text, /"greeting"/);
    t.is(memory.send(socket.fd, new Uint8Array(0), [0, 1, 2]), 0);
    t.is(receive(socket, memory).text, '', 'the end of the connection');
  });
  await assertServes();
});

test.serial('random messages never stop the holder', async (t) => {
  const field = fc.oneof(
    fc.integer(),
    fc.boolean(),
    fc.string(),
    fc.array(fc.integer({ min: -1, max: 300 })),
  );
  const word = fc.constantFrom('lease', 'send', 'persist', 'offload', 'taken', 'greeting', '');
  const message = fc.record(
    {
      rtap: fc.constantFrom(1, 1, 1, 2),
      type: word,
      queues: field,
      share: field,
      command: field,
      on: field,
      offloads: field,
    },
    { requiredKeys: ['rtap', 'type'] },
  );
  const bytes = fc.oneof(
    fc.uint8Array({ minLength: 1, maxLength: 300 }),
    message.map((value) => new TextEncoder().encode(JSON.stringify(value))),
  );
  fc.assert(
    fc.property(fc.array(bytes, { maxLength: 5 }), (messages) => {
      raw((socket, memory) => {
        receive(socket, memory);
        for (const one of messages) {
          if (memory.send(socket.fd, one) < 0) break;
          receive(socket, memory);
        }
      });
    }),
    { numRuns: 200 },
  );
  await assertServes();
  t.true(holder.running);
});

test.serial(
  'the holder drops a client that never reads, never writes or leaves half-way, and others do not wait',
  async (t) => {
    raw((socket, memory) => {
      // The client reads no answer. The holder closes the connection when the answers fill the socket.
      let result = 0;
      for (let count = 0; count < 100_000 && result >= 0; count++) result = memory.send(socket.fd, LEASE);
      t.true(result < 0);
      TapDevice.open('io0', { queueNumbers: [3] })[Symbol.dispose]();
    });
    for (let round = 0; round < 50; round++) raw((socket, memory) => void memory.send(socket.fd, LEASE));
    await assertServes();
  },
);

test.serial(
  'the holder drops a client without a request after a while, and keeps one with a queue',
  async (t) => {
    using owned = new Ownership();
    const memory = owned.own(new MessageMemory(65_536));
    const idle = owned.own(connectUnix(path, PURPOSE));
    const user = owned.own(connectUnix(path, PURPOSE));
    receive(idle, memory);
    receive(user, memory);
    memory.send(user.fd, LEASE);
    t.is(receive(user, memory).count, 1);
    t.is(receive(idle, memory).text, '', 'the end of the connection');
    t.false(waitUntilReadable(user.fd, 0));
    t.is((await json<{ leases: unknown[] }>('show', 'io0')).leases.length, 1);
  },
);

test.serial(
  'thousands of connections leave room for others: the holder refuses those above its limit',
  async (t) => {
    const owned = new Ownership();
    const memory = owned.own(new MessageMemory(65_536));
    const said: string[] = [];
    for (let count = 0; count < 2000; count++) {
      const socket = owned.own(connectUnix(path, PURPOSE));
      if (count % 100 === 99) said.push(receive(socket, memory).text);
    }
    t.regex(said[0]!, /"greeting"/);
    t.true(said.at(-1)!.includes(`its holder serves ${CONNECTIONS_MAX} users already`), said.at(-1));
    t.true(descriptors() < resting + CONNECTIONS_MAX + 10);
    owned[Symbol.dispose]();
    await assertServes();
  },
);

test.serial('the holder lists the most readers that there can be, with the longest names', async (t) => {
  const owned = new Ownership();
  const memory = owned.own(new MessageMemory(200_000));
  const asked = encodeRequest({ type: 'lease', queues: [0], share: true, command: '\ud800'.repeat(64) });
  for (let count = 0; count < CONNECTIONS_MAX - 1; count++) {
    const socket = owned.own(connectUnix(path, PURPOSE));
    t.regex(receive(socket, memory).text, /"greeting"/);
    memory.send(socket.fd, asked);
    t.is(receive(socket, memory).count, 1);
  }
  const last = owned.own(connectUnix(path, PURPOSE));
  const { leases } = JSON.parse(receive(last, memory).text) as { leases: unknown[] };
  t.is(leases.length, CONNECTIONS_MAX - 1);
  owned[Symbol.dispose]();
  await assertServes();
});

test.serial(
  'a holder without a free descriptor lets clients wait, and serves them when it has one',
  async (t) => {
    const line = ['-c', 'ulimit -n 120 && exec "$0" create few0 --queues 2', RTAP];
    const few = new RunningProcess('sh', line);
    await few.waitFor(/ready/);
    const own = path;
    path = join(deviceFolder(workspace, ipLink('few0').ifindex), 'holder');
    const owned = new Ownership();
    const memory = owned.own(new MessageMemory(65_536));
    const sockets = Array.from({ length: 200 }, () => owned.own(connectUnix(path, PURPOSE)));
    t.regex(receive(sockets[0]!, memory).text, /"greeting"/);
    const last = sockets.at(-1)!;
    t.false(waitUntilReadable(last.fd, 300), 'no process accepts it');
    for (const socket of sockets.slice(0, -1)) socket[Symbol.dispose]();
    t.regex(receive(last, memory).text, /"greeting"/);
    owned[Symbol.dispose]();
    path = own;
    t.deepEqual(await few.stop().then(({ code, stderr }) => [code, stderr]), [0, '']);
  },
);

test.serial('users that are killed at any step leave nothing behind', async (t) => {
  for (let round = 0; round < 12; round++) {
    const user = startPeer('holder_user.py', [
      path,
      '{"rtap":1,"type":"lease","share":true,"command":"x"}',
      'x',
    ]);
    if (round % 3 === 1) await user.waitFor(/greeting/);
    if (round % 3 === 2) await user.waitFor(/lent/);
    else await new Promise((resolve) => setTimeout(resolve, round * 5));
    await user.stop('SIGKILL');
  }
  await assertServes();
  t.is(ipLink('io0').linkinfo.info_data.numqueues, 4);
  t.deepEqual((await json<{ leases: unknown[] }>('show', 'io0')).leases, []);
});

test.serial('the holder ends without an error after all these clients', async (t) => {
  const { code, stdout, stderr } = await holder.stop();
  t.deepEqual([code, stdout, stderr], [0, 'io0: ready, 4 queues\n', '']);
});
