import test from 'ava';
import { parseMounts, tunHint } from '../../../src/cli/errors/tun-hint.js';

/** As mountinfo shows them: proc_pid_mountinfo(5). */
const ROOT = '28 1 254:1 / / rw,relatime shared:1 - ext4 /dev/root rw';
const DEVICES = '25 28 0:6 / /dev rw,nosuid,nodev,relatime shared:2 - tmpfs tmpfs rw';
const NET = '99 25 0:50 / /dev/net rw,relatime - tmpfs none rw';

function hintOf(code: string, ...lines: readonly string[]): string {
  return tunHint({ code }, parseMounts(lines.join('\n')));
}

test('parseMounts reads the place and the options of each line', (t) => {
  t.deepEqual(parseMounts(`${ROOT}\n${NET}\n`), [
    { point: '/', options: ['rw', 'relatime'] },
    { point: '/dev/net', options: ['rw', 'relatime'] },
  ]);
  t.deepEqual(parseMounts(''), []);
});

test('tunHint names the deepest mount when that is nodev', (t) => {
  t.regex(
    hintOf('EACCES', ROOT, DEVICES),
    /^no device opens below \/dev, which is mounted with nodev: mount -o remount,dev \/dev;/,
  );
  t.regex(hintOf('EACCES', DEVICES, ROOT), /below \/dev,/);
  t.regex(hintOf('EACCES', ROOT, DEVICES, NET), /^run as root, or let this user open it/);
  t.regex(hintOf('EACCES', ROOT, NET, NET.replace('relatime', 'nodev')), /below \/dev\/net,/);
});

test('tunHint does not take a neighbour for the mount of the device', (t) => {
  const neighbour = DEVICES.replace(' /dev ', ' /dev/n ');
  t.regex(hintOf('EACCES', ROOT, neighbour), /^run as root/);
});

test('tunHint blames the device cgroup when the kernel answers EPERM', (t) => {
  t.is(
    hintOf('EPERM', ROOT),
    'the device cgroup of this process forbids it; in a container: --device /dev/net/tun',
  );
});
