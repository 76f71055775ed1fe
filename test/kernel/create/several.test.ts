import test from 'ava';
import { ip } from '../../netlink/iproute2.js';
import { done, json, refusal, run, start } from '../command.js';
import { findIpLink, ipLink } from '../ip-link.js';
import { enterWorkspace } from '../workspace.js';

enterWorkspace();

const LIST_HINT = 'hint: list the TAP devices of this network namespace: rtap list';

test('create makes several devices, tries all of them, and leaves none half made', async (t) => {
  await done('create', 'b1', '--persist');
  const [code, ...lines] = await refusal('create', 'b0', 'b1', 'b/2', 'b3', '--persist', '--mtu', '1400');
  t.is(code, 2, 'that of the first failure');
  t.is(lines[0], 'rtap: cannot create "b1": it exists already as a multi-queue TAP');
  t.is(lines[2], 'rtap: cannot use "b/2" as a device name: it contains "/"');
  t.deepEqual(
    ['b0', 'b1', 'b3'].map((name) => ipLink(name).mtu),
    [1400, 1500, 1400],
  );
  t.is((await run('create', 'b/2', 'b1', '--persist')).code, 1);
});

test('create --json prints an array for several devices', async (t) => {
  const made = await json<{ ifname: string; ifindex: number; queues: number }[]>(
    ...['create', 'many%d', 'many%d', '--persist', '--queues', '2', '--mac', 'random'],
  );
  t.deepEqual(
    made,
    ['many0', 'many1'].map((ifname) => ({ ifname, ifindex: ipLink(ifname).ifindex, queues: 2 })),
  );
  t.not(ipLink('many0').address, ipLink('many1').address);
  const one = await json('create', 'many%d', '--persist');
  t.is(one.ifname, 'many2');
  t.is(await done('create', 'text%d', 'text%d', '--persist'), 'text0\ntext1\n');
});

test('create makes nothing when an option has an impossible value', async (t) => {
  const [code, message] = await refusal('create', 'v0', 'v1', '--persist', '--mtu', '9');
  t.deepEqual([code, message], [1, 'rtap: cannot use MTU 9: 68 to 65521 are possible']);
  t.is(findIpLink('v0'), undefined);
});

test('create holds one device in the foreground, and several in the background', async (t) => {
  t.deepEqual(await refusal('create', 'f0', 'f1'), [
    1,
    'rtap: cannot hold 2 devices in the foreground: give one',
    'hint: add --persist to make devices that stay, or --detach to hold each in the background',
  ]);
  const { code, stdout, stderr } = await start([
    'create',
    'd0',
    'd/1',
    'd2',
    '--detach',
    '--queues',
    '1',
  ]).ended();
  t.is(code, 1);
  t.is(stdout, 'd0: ready, 1 queue\nd2: ready, 1 queue\n');
  t.is(stderr, 'rtap: cannot use "d/1" as a device name: it contains "/"\n');
  for (const name of ['d0', 'd2']) t.is(ipLink(name).linkinfo.info_data.numqueues, 1);
  await done('release', 'd0', 'd2');
});

test('create prints one array for several devices in the background', async (t) => {
  const words = ['create', 'da0', 'da/1', 'da2', '--detach', '--queues', '1', '--json'];
  const { code, stdout } = await start(words).ended();
  t.is(code, 1);
  t.deepEqual(
    (JSON.parse(stdout) as { ifname: string; queues: number }[]).map(({ ifname, queues }) => [
      ifname,
      queues,
    ]),
    [
      ['da0', 1],
      ['da2', 1],
    ],
  );
  await done('release', 'da0', 'da2');
});

test('a signal ends a create of several devices between two of them', async (t) => {
  const names = Array.from({ length: 2000 }, (_, index) => `sig${index}`);
  const creation = start(['create', ...names, '--persist', '--queues', '1']);
  const deadline = Date.now() + 30_000;
  while (findIpLink('sig3') === undefined && Date.now() < deadline)
    await new Promise((turn) => setImmediate(turn));
  creation.signal('SIGTERM');
  t.is((await creation.ended()).code, 3);
  const made = names.filter((name) => findIpLink(name) !== undefined);
  t.true(made.length >= 4 && made.length < names.length);
});

test('delete removes several devices and tries all of them', async (t) => {
  await done('create', 'x0', 'x1', '--persist');
  t.deepEqual(await refusal('delete', 'x0', 'absent0', 'x1'), [
    2,
    'rtap: cannot delete "absent0": there is no such device',
    LIST_HINT,
  ]);
  t.deepEqual([findIpLink('x0'), findIpLink('x1')], [undefined, undefined]);
  await done('create', 'x2', '--persist');
  t.is(await done('delete', 'absent0', 'x2', '--missing-ok'), '');
  t.is(findIpLink('x2'), undefined);
});

test('up and down switch several devices and try all of them', async (t) => {
  await done('create', 'u0', 'u1', '--persist');
  const isUp = () => ['u0', 'u1'].map((name) => ipLink(name).flags.includes('UP'));
  t.is((await run('up', 'u0', 'absent1', 'u1')).code, 2);
  t.deepEqual(isUp(), [true, true]);
  t.is((await run('down', 'dev', 'u0', 'absent1', 'u1')).code, 2);
  t.deepEqual(isUp(), [false, false]);
});

test('show prints several devices, and those that are there beside absent ones', async (t) => {
  ip('tuntap add dev w0 mode tap multi_queue', 'tuntap add dev w1 mode tap multi_queue');
  const { code, stdout, stderr } = await run('show', 'w0', 'absent2', 'w1', 'absent3');
  t.is(code, 2);
  t.regex(stdout, /^device {7}w0 (?:.*\n)+\ndevice {7}w1 /);
  t.is(
    stderr,
    ['absent2', 'absent3']
      .map((name) => `rtap: cannot show "${name}": there is no such device\n${LIST_HINT}\n`)
      .join(''),
  );
  const shown = await json<{ ifname: string }[]>('show', 'w1', 'w0');
  t.deepEqual(
    shown.map(({ ifname }) => ifname),
    ['w1', 'w0'],
  );
  t.is((await json('show', 'w0')).ifname, 'w0', 'one object for one device');
});
