import { join } from 'node:path';
import test from 'ava';
import { done, start } from '../command.js';
import { ipLink } from '../ip-link.js';
import { RunningProcess } from '../running-process.js';
import { deviceFolder, enterWorkspace } from '../workspace.js';

const workspace = enterWorkspace();

const DAEMON = 1;
const NOBODY = 65_534;

test('a holder reports that a borrower has changed owner and header', async (t) => {
  await done('create', 'io0', '--persist', '--queues', '2', '--owner', 'root');
  const holder = start(['hold', 'io0', '--group', 'games']);
  await holder.waitFor(/ready/);
  const socket = join(deviceFolder(workspace, ipLink('io0').ifindex), 'holder');
  const script = new URL('../../peers/changing_user.py', import.meta.url).pathname;
  const who = [
    `--reuid=${DAEMON}`,
    '--regid=games',
    '--clear-groups',
    '--bounding-set=-all',
    '--inh-caps=-all',
  ];
  const words = [...who, 'python3', script, socket, String(NOBODY), '12'];
  const { code, stdout } = await new RunningProcess('setpriv', words, {
    // What root installed for itself, others may not run.
    env: { PATH: '/usr/bin:/bin' },
  }).ended();
  t.deepEqual([code, stdout], [0, 'changed\n']);
  await holder.waitFor(/the owner of io0 was changed from user 0 to user 65534$/m, 'stderr');
  await holder.waitFor(/the virtio-net header of io0 was changed from 10 bytes to 12 bytes$/m, 'stderr');
  t.is((await holder.stop()).code, 0);
});
