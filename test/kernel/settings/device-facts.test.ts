import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { ip } from '../../netlink/iproute2.js';
import { done, json, start } from '../command.js';
import { ipLink } from '../ip-link.js';
import { runTool } from '../peer.js';
import { RunningProcess } from '../running-process.js';
import { deviceFolder, enterWorkspace } from '../workspace.js';

const workspace = enterWorkspace();

interface Facts {
  readonly ifname: string;
  readonly master: string | null;
  readonly ifalias: string | null;
  readonly altnames: readonly string[];
  readonly age: number | null;
}

async function listed(name: string): Promise<Facts> {
  return (await json<Facts[]>('list')).find(({ ifname }) => ifname === name)!;
}

test.serial('list and show tell alias, other names and master as ip does', async (t) => {
  await done('create', 'n0', 'n1', '--persist');
  ip('link add br0 type bridge', 'link set n0 master br0', 'link set n0 alias "uplink of blue"');
  ip('link property add dev n0 altname a-name-of-more-than-15-bytes altname other');
  const [theirs] = JSON.parse(runTool('ip', '-j', 'link', 'show', 'n0')) as Facts[];
  const { master, ifalias, altnames } = theirs!;
  t.deepEqual([master, ifalias, altnames.length], ['br0', 'uplink of blue', 2]);
  for (const ours of [await listed('n0'), await json<Facts>('show', 'n0')]) {
    t.deepEqual([ours.master, ours.ifalias, ours.altnames], [master, ifalias, altnames]);
  }
  const other = await listed('n1');
  t.deepEqual([other.master, other.ifalias, other.altnames], [null, null, []]);
  const shown = await done('show', 'n0');
  t.regex(shown, /^alias {8}uplink of blue$/m);
  t.regex(shown, /^altnames {5}a-name-of-more-than-15-bytes, other$/m);
  t.regex(shown, /^master {7}br0$/m);
  const [head, row] = (await done('list')).split('\n');
  t.regex(head!, / MASTER {2}AGE +HOLDER {2}ALIAS +ALTNAMES$/);
  t.regex(row!, /^n0 .* br0 .* uplink of blue {2}a-name-of-more-than-15-bytes,other$/);
});

test.serial('list and show tell how old a device is that rtap made', async (t) => {
  const before = performance.now();
  await done('create', 'o0', '--persist');
  const { age } = await listed('o0');
  const most = (performance.now() - before) / 1000;
  t.true(age !== null && age >= 0 && age <= most, `${age} of ${most} s`);
  // As if it had been made earlier. The machine may have started a few minutes ago.
  const record = join(deviceFolder(workspace, ipLink('o0').ifindex), 'device.json');
  const stored = JSON.parse(readFileSync(record, 'utf8')) as { madeSeconds: number };
  const earlier = Math.min(3600, Math.floor(stored.madeSeconds));
  writeFileSync(record, JSON.stringify({ ...stored, madeSeconds: stored.madeSeconds - earlier }));
  const { age: older } = await json<Facts>('show', 'o0');
  t.true(older !== null && older >= earlier && older < earlier + 100);
  t.regex(await done('show', 'o0'), /^age {10}[1-9]/m);
  await done('create', 'o0', '--persist', '--exist-ok', '--queues', '2');
  t.true((await listed('o0')).age! >= earlier, 'a change of settings is no creation');
  writeFileSync(record, JSON.stringify({ ...stored, madeSeconds: stored.madeSeconds + 1e6 }));
  t.is((await listed('o0')).age, null, 'a time that has not come is none');
});

test.serial(
  'the age of a device is unknown when rtap did not make it, also when rtap holds it',
  async (t) => {
    ip('tuntap add dev p0 mode tap multi_queue');
    t.is((await listed('p0')).age, null);
    const holder = start(['hold', 'p0']);
    await holder.waitFor(/ready/);
    t.is((await json<Facts>('show', 'p0')).age, null);
    t.regex(await done('show', 'p0'), /^age {10}unknown$/m);
    await holder.stop();
  },
);

test.serial('the age of a device stays when its holder is taken over', async (t) => {
  const first = start(['create', 'q0']);
  await first.waitFor(/ready/);
  const { age } = await listed('q0');
  const second = start(['hold', 'q0', '--take-over']);
  await second.waitFor(/ready/);
  await first.ended();
  t.true((await listed('q0')).age! >= age!);
  await second.stop();
});

test.serial('list --unused prints the names of devices that no process has attached', async (t) => {
  for (const { ifname } of await json<Facts[]>('list')) await done('delete', ifname);
  await done('create', 'free0', 'free1', 'held0', '--persist');
  ip('tuntap add dev single0 mode tap', 'tuntap add dev used0 mode tap', 'tuntap add dev tun0 mode tun');
  const holder = start(['hold', 'held0']);
  await holder.waitFor(/ready/);
  const reader = start(['rx-dump', 'used0', '--share']);
  await reader.waitFor(/listening/, 'stderr');
  t.is(await done('list', '--unused'), 'free0\nfree1\nsingle0\n');
  const unused = await json<Facts[]>('list', '--unused');
  t.deepEqual(
    unused.map(({ ifname }) => ifname),
    ['free0', 'free1', 'single0'],
  );
  t.is(typeof unused[0]!.age, 'number', 'with all that list tells of a device');
  await holder.stop();
  await reader.stop();
  await done('delete', ...(await done('list', '--unused')).trimEnd().split('\n'));
  t.deepEqual(await json('list'), []);
  t.is(await done('list', '--unused'), '');
});

test.serial(
  'list --unused leaves out a queue that is switched off while its descriptor is open',
  async (t) => {
    await done('create', 'off0', '--persist');
    const script = [
      'import fcntl, struct, sys',
      'tun = open("/dev/net/tun", "r+b", buffering=0)',
      'fcntl.ioctl(tun, 0x400454ca, struct.pack("16sH22x", b"off0", 0x5102))', // TUNSETIFF: TAP, no PI, header, several queues
      'fcntl.ioctl(tun, 0x400454d9, struct.pack("16sH22x", b"", 0x400))', // TUNSETQUEUE, IFF_DETACH_QUEUE
      'print("off", flush=True)',
      'sys.stdin.read()',
    ].join('\n');
    const python = new RunningProcess('python3', ['-c', script], { inputOpen: true });
    await python.waitFor(/off/);
    t.is(await done('list', '--unused'), '');
    python.endInput();
    await python.ended();
    t.is(await done('list', '--unused'), 'off0\n');
  },
);
