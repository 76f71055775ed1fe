import { rmSync, statSync } from 'node:fs';
import test from 'ava';
import { isSystemError } from '../../../src/sys/errno.js';
import { networkNamespaceCookie } from '../../../src/sys/network-namespace.js';
import {
  getTunAddress,
  IFF_MULTI_QUEUE,
  IFF_NO_PI,
  IFF_TAP,
  IFF_VNET_HDR,
  openTun,
  setTunInterface,
} from '../../../src/sys/tun.js';
import { HolderClient } from '../../../src/tap/lease/holder-client.js';
import { adoptQueues } from '../../../src/tap/link/foreign-queues.js';
import { findTap } from '../../../src/tap/link/tap-link.js';
import { TapDevice } from '../../../src/tap/queue/tap-device.js';
import { ip } from '../../netlink/iproute2.js';
import { openFiles } from '../../open-files.js';
import { textOf } from '../../proc-files.js';
import { done } from '../command.js';
import { ipLink } from '../ip-link.js';
import { startPeer } from '../peer.js';
import { RunningProcess } from '../running-process.js';
import { unprivileged } from '../unprivileged.js';
import { deviceFolder, enterWorkspace } from '../workspace.js';

const workspace = enterWorkspace();

const DAEMON = 1;
const O_NONBLOCK = 0o4000;
const PURPOSE = { action: 'try', object: 'io0' };

test.before('a device, and others', async () => {
  await done('create', 'io0', '--persist', '--queues', '2', '--group', 'games');
  ip(
    'tuntap add dev other0 mode tap multi_queue vnet_hdr',
    'tuntap add dev tun0 mode tun multi_queue vnet_hdr',
  );
});

function lenderWords(name: string, kind: string): (string | number)[] {
  const { ifindex } = ipLink(name);
  return [deviceFolder(workspace, ifindex), name, ifindex, networkNamespaceCookie(), kind];
}

async function startLender(name: string, kind: string): Promise<RunningProcess> {
  const lender = startPeer('foreign_lender.py', lenderWords(name, kind));
  await lender.waitFor(/ready/);
  return lender;
}

const ROWS: readonly (readonly [kind: string, detail: string])[] = [
  ['namespace', 'its holder lends queues of a device of another network namespace'],
  ['other', 'its holder lends queues of "other0"'],
  ['tun', 'its holder lends queues of "tun0"'],
  ['file', 'its holder lends a descriptor that is not a queue of a TAP'],
];

for (const [kind, detail] of ROWS) {
  test.serial(`a device refuses descriptors from a holder that lends ${kind}`, async (t) => {
    const lender = await startLender('io0', kind);
    const before = openFiles();
    for (const sendOnly of [false, true]) {
      const error = t.throws(() => TapDevice.open('io0', { sendOnly }), {
        message: `cannot attach to "io0": ${detail}`,
      });
      t.true(isSystemError(error, 'EBADF') && error.reason === 'foreign-queues');
    }
    t.deepEqual(openFiles(), before);
    await lender.stop();
  });
}

test.serial('a queue that was lent blocking does not block', async (t) => {
  const lender = await startLender('io0', 'own');
  {
    using device = TapDevice.open('io0');
    const flags = /^flags:\t(\d+)$/m.exec(textOf(`/proc/self/fdinfo/${device.queues[0]!.fd}`))?.[1];
    t.is(Number.parseInt(flags!, 8) & O_NONBLOCK, O_NONBLOCK);
  }
  await lender.stop();
});

test.serial('the kernel names the holder, whatever the greeting says', async (t) => {
  const lender = await startLender('io0', 'own');
  {
    using client = HolderClient.find(findTap('io0', 'try'), 'try')!;
    t.deepEqual(client.greeting.holder, { pid: lender.pid, command: 'python3' });
  }
  await lender.stop();
});

test.serial('a device that was made anew under the same name is another device', (t) => {
  const descriptor = openTun(PURPOSE);
  setTunInterface(descriptor.fd, 'io0', IFF_TAP | IFF_NO_PI | IFF_MULTI_QUEUE | IFF_VNET_HDR, PURPOSE);
  const { index, address } = findTap('io0', 'try');
  t.throws(() => adoptQueues([descriptor], { index: index + 1 }, PURPOSE), {
    message: 'cannot try "io0": its holder lends queues of "io0"',
  });
  t.is(getTunAddress(descriptor.fd, PURPOSE), address);
  const [tap] = adoptQueues([descriptor], { index }, PURPOSE);
  t.is(tap!.deviceName, 'io0');
  tap![Symbol.dispose]();
});

test.serial('a user without CAP_NET_ADMIN trusts root and itself alone', async (t) => {
  const [folder = ''] = lenderWords('io0', 'own').map(String);
  // A member of the group of the device may write into its folder. It may not remove the socket of another user there.
  rmSync(`${folder}/holder`, { force: true });
  const path = new URL('../../peers/foreign_lender.py', import.meta.url).pathname;
  const words = [`--reuid=${DAEMON}`, '--regid=games', '--clear-groups', 'python3', path];
  const lender = new RunningProcess('setpriv', [...words, ...lenderWords('io0', 'file').map(String)], {
    // What root installed for itself, others may not run.
    env: { PATH: '/usr/bin:/bin' },
  });
  await lender.waitFor(/ready/);
  t.is(statSync(`${folder}/holder`).uid, DAEMON);
  const { code, stderr } = await unprivileged('rx-dump', 'io0');
  t.deepEqual(
    [code, stderr],
    [
      2,
      'rtap: cannot attach to "io0": without CAP_NET_ADMIN this process does not trust its holder, ' +
        `python3 (pid ${lender.pid}): it runs as user ${DAEMON}\n` +
        'hint: run as root, or grant CAP_NET_ADMIN\n',
    ],
  );
  await lender.stop();
});
