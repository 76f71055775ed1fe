import test from 'ava';
import { done, json, RTAP, runWith, start } from '../command.js';
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

test.serial(
  'create --detach and hold --detach refuse when no runtime directory can be written',
  async (t) => {
    await done('create', 'found0', '--persist');
    const env = { RTAP_RUNTIME_DIR: '/proc/rtap' };
    for (const [command, name] of [
      ['create', 'unfound0'],
      ['hold', 'found0'],
    ] as const) {
      const { code, stdout, stderr } = await runWith({ env }, command, name, '--detach');
      t.deepEqual(
        [code, stdout, stderr],
        [
          2,
          '',
          `rtap: cannot hold "${name}": this user can write no runtime directory (/proc/rtap)\n` +
            'hint: set RTAP_RUNTIME_DIR to a directory that this user can write\n',
        ],
      );
    }
    t.is(findIpLink('unfound0'), undefined);
    await done('delete', 'found0');
  },
);

test.serial('create in the foreground holds without a runtime directory, and says so', async (t) => {
  const holder = start(['create', 'alone0'], { env: { RTAP_RUNTIME_DIR: '/proc/rtap' } });
  await holder.waitFor(/^alone0: ready, 4 queues$/m);
  t.regex(
    holder.stderr,
    /^rtap: warning: this user can write no runtime directory \(\/proc\/rtap\): .*; set RTAP_RUNTIME_DIR to/,
  );
  t.is((await holder.stop()).code, 0);
});
