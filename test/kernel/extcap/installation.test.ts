import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { ip } from '../../netlink/iproute2.js';
import { RTAP, runWith } from '../command.js';
import { RunningProcess } from '../running-process.js';
import { enterWorkspace } from '../workspace.js';
import { makeHome, serial } from './wireshark-home.js';

const { directory } = enterWorkspace();
const HOME = makeHome(directory, 'home');

serial('extcap --install puts a program where tshark looks, and --uninstall removes it', async (t) => {
  const { stdout } = await runWith({ env: { HOME } }, 'extcap', '--install');
  const path = stdout.trimEnd();
  t.regex(path, new RegExp(`^${HOME}/.*/extcap/rtap-extcap$`));
  ip(
    'tuntap add dev list0 mode tap multi_queue',
    'tuntap add dev tun0 mode tun',
    'link add veth0 type veth peer name veth1',
  );
  const listed = spawnSync('tshark', ['-D'], { encoding: 'utf8', env: { ...process.env, HOME } }).stdout;
  t.deepEqual(
    listed
      .split('\n')
      .filter((line) => line.includes('rtap'))
      .map((line) => line.replace(/^\d+/, 'N')),
    ['N. rtap-list0 (rtap: list0)'],
  );
  const removed = await runWith({ env: { HOME } }, 'extcap', '--uninstall', '--json');
  t.deepEqual(JSON.parse(removed.stdout), [path]);
  t.false(existsSync(path));
  const nothing = await runWith({ env: { HOME } }, 'extcap', '--uninstall');
  t.deepEqual(
    [nothing.code, nothing.stdout, nothing.stderr],
    [0, '', 'extcap: there was nothing to remove\n'],
  );
});

/** An empty folder stands where tshark looks for all users: this machine's own stays as it is. */
const WITH_SYSTEM_FOLDER = `
  set -e
  folder=$(tshark -G folders 2>/dev/null | sed -n 's/.*Extcap path:[[:space:]]*//p' | tail -n 1)
  mount -t tmpfs none "$folder"
  "$0" extcap --install --system
  ls "$folder"
  tshark -D 2>/dev/null | grep -o '(rtap: .*)'
  "$0" extcap --uninstall
  "$0" extcap --uninstall --system
  ls "$folder"`;

serial('extcap --install --system puts it where tshark looks for all users', async (t) => {
  const env = { HOME: join(directory, 'another') };
  const words = ['-m', 'sh', '-c', WITH_SYSTEM_FOLDER, RTAP];
  const { code, stdout, stderr } = await new RunningProcess('unshare', words, { env }).ended();
  t.is(code, 0, stderr);
  t.regex(stdout, /^(\/.*\/rtap-extcap\n)rtap-extcap\n\(rtap: list0\)\n\1$/);
});

test.serial(
  'without tshark, extcap --install serves each release of Wireshark, and --system is refused',
  async (t) => {
    const home = join(directory, 'without');
    const without = (...words: readonly string[]) =>
      new RunningProcess(process.execPath, [RTAP, 'extcap', ...words], {
        env: { HOME: home, XDG_CONFIG_HOME: undefined, PATH: '/nowhere' },
      }).ended();
    const paths = ['.local/lib', '.config'].map(
      (folder) => `${home}/${folder}/wireshark/extcap/rtap-extcap\n`,
    );
    t.is((await without('--install')).stdout, paths.join(''));
    t.is((await without('--uninstall')).stdout, paths.join(''));
    const { code, stderr } = await without('--install', '--system');
    t.is(code, 1);
    t.is(
      stderr,
      'rtap: cannot use "--system": tshark, which knows the folder of Wireshark, does not run\n' +
        'hint: install tshark; or leave --system out, for this user alone\n',
    );
  },
);
