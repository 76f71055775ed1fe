import test from 'ava';
import { done, json, RTAP } from '../command.js';
import { findIpLink, ipLink } from '../ip-link.js';
import { type Outcome, RunningProcess } from '../running-process.js';
import { deviceFolder, enterWorkspace } from '../workspace.js';

const workspace = enterWorkspace();

/** Lets the runtime directory look read-only to one command of root. */
const READ_ONLY = 'mount --bind "$1" "$1" && mount -o remount,bind,ro "$1" && shift && exec "$@"';

function readOnly(...words: readonly string[]): Promise<Outcome> {
  const program = ['-m', 'sh', '-c', READ_ONLY, 'sh', workspace.runtime, RTAP, ...words];
  return new RunningProcess('unshare', program).ended();
}

/** Makes a device, and returns its folder. */
async function makeDevice(name: string): Promise<string> {
  await done('create', name, '--persist');
  return deviceFolder(workspace, ipLink(name).ifindex);
}

test.serial(
  'stats --reset names the folder and the reason, and gives root no advice to become root',
  async (t) => {
    const folder = await makeDevice('reset0');
    const { code, stderr } = await readOnly('stats', 'reset0', '--reset');
    t.deepEqual(
      [code, stderr],
      [
        2,
        `rtap: cannot reset "reset0": "${folder}" cannot be written: access failed with EROFS (the file system is read-only)\n`,
      ],
    );
    await done('delete', 'reset0');
  },
);

test.serial('delete names the folder that it could not remove, and gc too', async (t) => {
  const folder = await makeDevice('kept0');
  const warning = `rtap: warning: cannot remove "${folder}": removal failed with EROFS (the file system is read-only)\n`;
  const deletion = await readOnly('delete', 'kept0');
  t.deepEqual([deletion.code, deletion.stderr], [3, warning]);
  t.is(findIpLink('kept0'), undefined);
  const collection = await readOnly('gc');
  t.deepEqual([collection.code, collection.stdout, collection.stderr], [3, '', warning]);
  t.deepEqual(await json('gc'), [{ path: folder, reason: 'device-gone' }]);
});
