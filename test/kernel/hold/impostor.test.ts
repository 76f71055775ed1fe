import { join } from 'node:path';
import test from 'ava';
import { isSystemError } from '../../../src/sys/errno.js';
import { c } from '../../../src/sys/libc.js';
import { networkNamespaceCookie } from '../../../src/sys/network-namespace.js';
import { GreetingQuery, type QueriedHolder } from '../../../src/tap/lease/greeting-query.js';
import { HolderClient } from '../../../src/tap/lease/holder-client.js';
import { encodeReply, type HolderReply, refusal } from '../../../src/tap/lease/holder-reply.js';
import { openDeviceDirectory } from '../../../src/tap/state/runtime-directory.js';
import { makeLink } from '../../cli/literal-link.js';
import { openedSince, openFiles } from '../../open-files.js';
import { eventually } from '../deadline.js';
import { startPeer } from '../peer.js';
import type { RunningProcess } from '../running-process.js';
import { enterWorkspace } from '../workspace.js';

enterWorkspace();

/** No device is needed: a client asks whatever process listens in the folder of the device. */
const LINK = makeLink({ name: 'io0', index: 4711 });
/** Descriptors that the impostor sends with a reply. */
const FDS = 3;
/** Source: include/uapi/asm-generic/socket.h */
const SO_PEERCRED = 17;

const GREETING: HolderReply & { holder: { pid: number } } = {
  type: 'greeting',
  holder: { pid: 0, command: 'impostor' },
  device: LINK.name,
  ifindex: LINK.index,
  netns: networkNamespaceCookie(),
  queues: 4,
  leases: [],
  admitted: true,
};
const DONE: HolderReply = { type: 'done' };

let impostor: RunningProcess;
let folder = '';
let connections = 0;

test.before('an impostor listens in the folder of the device', async () => {
  folder = openDeviceDirectory(LINK.index, {})!;
  impostor = startPeer('impostor_holder.py', [join(folder, 'holder')], { inputOpen: true });
  await impostor.waitFor(/ready/);
  // Of another pid a client makes sure by a second connection.
  GREETING.holder.pid = impostor.pid;
});

type Message = readonly [reply: HolderReply | string, descriptorCount: number];

/** Lets the impostor send `messages` to the next client: the first at once, each other one after a request. */
function expect(...messages: readonly Message[]): void {
  const texts = messages.map(([reply, count]) => {
    return [typeof reply === 'string' ? reply : new TextDecoder().decode(encodeReply(reply)), count];
  });
  impostor.write(`${JSON.stringify(texts)}\n`);
  connections += 1;
}

/** Waits until the impostor has seen the end of the connection, so that the next client gets the next messages. */
async function served(): Promise<void> {
  await eventually(
    () => impostor.stdout.split('served').length - 1 === connections,
    'the end of the connection',
  );
}

/** Descriptors of the impostor, and sockets, that this process has opened since `before`. */
function leaked(before: ReadonlySet<string>): string[] {
  return openedSince(before).filter((file) => /impostor_holder|socket:/.test(file));
}

/** Connects, uses the client and closes it; returns the code of the error, if there is one. */
function attempt(use: (client: HolderClient) => void): string {
  try {
    using client = HolderClient.find(LINK, 'try');
    if (client === undefined) return 'no holder';
    use(client);
    return 'done';
  } catch (error) {
    if (!isSystemError(error)) throw error;
    return error.code;
  }
}

const lease = (client: HolderClient) => client.lease([0], { share: false, command: 'test' });

const ROWS: readonly (readonly [
  what: string,
  messages: readonly Message[],
  use: (client: HolderClient) => void,
  outcome: string,
])[] = [
  ['the greeting', [[GREETING, FDS]], () => {}, 'done'],
  ['the greeting of another device', [[{ ...GREETING, ifindex: 1 }, FDS]], () => {}, 'no holder'],
  ['the refusal of a connection', [[refusal('EAGAIN', 'full'), FDS]], () => {}, 'EAGAIN'],
  ['a reply in place of the greeting', [[DONE, FDS]], () => {}, 'EBADMSG'],
  ['a message without bytes', [['', FDS]], () => {}, 'no holder'],
  ['a message that is no JSON', [['{', FDS]], () => {}, 'EPROTO'],
  [
    'the reply to setPersistent',
    [
      [GREETING, 0],
      [DONE, FDS],
    ],
    (client) => client.setPersistent(true),
    'done',
  ],
  [
    'the reply to setOffloads',
    [
      [GREETING, 0],
      [DONE, FDS],
    ],
    (client) => client.setOffloads(['csum']),
    'done',
  ],
  [
    'the reply to release',
    [
      [GREETING, 0],
      [DONE, FDS],
    ],
    (client) => client.release(),
    'ESRCH',
  ],
  [
    'the refusal of release',
    [
      [GREETING, 0],
      [refusal('EPERM', 'no'), FDS],
    ],
    (client) => client.release(),
    'EPERM',
  ],
  [
    'the refusal of a lease',
    [
      [GREETING, 0],
      [refusal('EBUSY', 'no'), FDS],
    ],
    lease,
    'EBUSY',
  ],
  [
    'another reply than a lease',
    [
      [GREETING, 0],
      [DONE, FDS],
    ],
    lease,
    'EBADMSG',
  ],
  [
    'a lease of fewer queues',
    [
      [GREETING, 0],
      [{ type: 'lent', queues: [0] }, FDS],
    ],
    lease,
    'EBADMSG',
  ],
];

for (const [what, messages, use, outcome] of ROWS) {
  test.serial(`HolderClient closes descriptors that come with ${what}`, async (t) => {
    const before = openFiles();
    expect(...messages);
    t.is(attempt(use), outcome);
    await served();
    t.deepEqual(leaked(before), []);
  });
}

test.serial('HolderClient closes its socket when it cannot learn the process that refuses it', async (t) => {
  const before = openFiles();
  expect([refusal('EAGAIN', 'full'), FDS]);
  const { getsockopt } = c;
  c.getsockopt = (fd, level, name, value, length) =>
    getsockopt(name === SO_PEERCRED ? -1 : fd, level, name, value, length);
  try {
    t.is(
      attempt(() => {}),
      'EBADF',
    );
  } finally {
    c.getsockopt = getsockopt;
  }
  t.deepEqual(leaked(before), []);
  await served();
});

const QUERIES: readonly (readonly [
  what: string,
  message: Message,
  result: 'greeting' | 'absent' | 'unknown',
])[] = [
  ['the greeting', [GREETING, FDS], 'greeting'],
  ['the greeting of another device', [{ ...GREETING, ifindex: 1 }, FDS], 'absent'],
  ['a refusal', [refusal('EAGAIN', 'full'), FDS], 'unknown'],
  ['a reply in place of the greeting', [DONE, FDS], 'unknown'],
  ['a message without bytes', ['', FDS], 'unknown'],
  ['a message that is no JSON', ['{', FDS], 'unknown'],
];

for (const [what, message, expected] of QUERIES) {
  test.serial(`GreetingQuery closes descriptors that come with ${what}`, async (t) => {
    const before = openFiles();
    expect(message);
    const result = await new Promise<QueriedHolder>((resolve) => {
      GreetingQuery.begin(folder, LINK.index, resolve);
    });
    t.is(typeof result === 'string' ? result : result.type, expected);
    await served();
    t.deepEqual(leaked(before), []);
  });
}
