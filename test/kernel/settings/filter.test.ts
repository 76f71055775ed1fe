import test from 'ava';
import { formatMacAddress, parseMacAddress } from '../../../src/packet/headers/mac-address.js';
import { PacketSocket } from '../../../src/sys/packet-socket.js';
import { readAddressFilter, setAddressFilter } from '../../../src/tap/device/address-filter.js';
import type { TapDevice } from '../../../src/tap/queue/tap-device.js';
import { ip } from '../../netlink/iproute2.js';
import { done, json, refusal, run, start } from '../command.js';
import { eventually } from '../deadline.js';
import { ready } from '../hold/ready-holder.js';
import { openTap } from '../offloading-tap.js';
import { OtherNamespace } from '../other-namespace.js';
import { PacketSocket as SeeingSocket } from '../peer.js';
import { markedFrame, readLink } from '../ring-tap.js';
import { unprivileged } from '../unprivileged.js';
import { enterWorkspace } from '../workspace.js';

enterWorkspace();

const BROADCAST = 'ff:ff:ff:ff:ff:ff';
const GROUP = '01:00:5e:00:00:fb';
const OTHER_GROUP = '33:33:00:00:00:01';
const STRANGER = '02:00:00:00:00:99';

/** `02:00:00:00:01:00` and the following. */
function addresses(count: number): string[] {
  return Array.from({ length: count }, (_, index) => `02:00:00:00:01:0${index}`);
}

/** Sends a frame to each of `to` out of the device. Returns the addresses of those that left it. */
function passing(device: TapDevice, to: readonly string[]): string[] {
  using socket = PacketSocket.open(device.ifindex);
  using burst = device.allocateBurst();
  const take = () => {
    const taken: string[] = [];
    for (const queue of device.queues)
      while (queue.receive(burst) > 0)
        for (let index = 0; index < burst.count; index++) taken.push(formatMacAddress(burst.frame(index)));
    return taken;
  };
  take();
  for (const address of to) {
    const frame = markedFrame(1);
    frame.set(parseMacAddress(address));
    socket.send(frame);
  }
  return take();
}

async function makeDevice(name: string): Promise<TapDevice> {
  await done('create', name, '--persist', '--up', '--queues', '1');
  return await openTap(name);
}

test('without a filter every frame leaves, and promisc and allmulti change nothing', async (t) => {
  using device = await makeDevice('all0');
  const all = [STRANGER, GROUP, OTHER_GROUP, BROADCAST, readLink('all0').address];
  t.is(await done('filter', 'all0'), 'off\n');
  for (const word of ['on', 'off']) {
    await done('promisc', 'all0', word);
    await done('allmulti', 'all0', word);
    t.deepEqual(passing(device, all), all);
  }
});

test('a filter of one to eight addresses lets these and broadcast leave, and no other', async (t) => {
  using device = await makeDevice('some0');
  for (let count = 1; count <= 8; count++) {
    const wanted = addresses(count);
    await done('filter', 'some0', ...wanted.flatMap((address) => ['--mac', address]));
    const to = [...addresses(10), STRANGER, GROUP, BROADCAST, readLink('some0').address];
    t.deepEqual(passing(device, to), [...wanted, BROADCAST]);
  }
  await done('filter', 'some0', '--mac', GROUP, STRANGER);
  t.deepEqual(passing(device, [GROUP, OTHER_GROUP, STRANGER, BROADCAST]), [GROUP, STRANGER, BROADCAST]);
  await done('filter', 'some0', '--mac', BROADCAST);
  t.deepEqual(passing(device, [GROUP, STRANGER, BROADCAST]), [BROADCAST]);
});

test('--allmulti lets every group pass, and without --mac the own address', async (t) => {
  using device = await makeDevice('multi0');
  const own = readLink('multi0').address;
  const to = [STRANGER, GROUP, OTHER_GROUP, BROADCAST, own];
  await done('filter', 'multi0', '--allmulti');
  t.deepEqual(passing(device, to), [GROUP, OTHER_GROUP, BROADCAST, own]);
  t.is(await done('filter', 'multi0'), `--mac ${own} --allmulti\n`);
  await done('filter', 'multi0', '--mac', STRANGER, '--allmulti');
  t.deepEqual(passing(device, to), [STRANGER, GROUP, OTHER_GROUP, BROADCAST]);
  await done('filter', 'multi0', '--mac', addresses(8).join(), '--allmulti');
  t.deepEqual(passing(device, [...to, ...addresses(8)]), [GROUP, OTHER_GROUP, BROADCAST, ...addresses(8)]);
});

test('filter prints what it has set in a form that it takes, in text and JSON, and takes it off', async (t) => {
  using device = await makeDevice('text0');
  t.deepEqual(await json('filter', 'text0'), { ifname: 'text0', filter: null });
  const { code, stdout, stderr } = await run(
    'filter',
    'text0',
    '--mac',
    '02-0-0-0-1-0',
    '--mac',
    '02:00:00:00:01:00',
  );
  t.deepEqual(
    [code, stdout, stderr],
    [
      0,
      '',
      'filter: text0 has no holder, so the filter stays with the device; take it off: rtap filter text0 off\n',
    ],
  );
  const printed = await done('filter', 'text0');
  t.is(printed, '--mac 02:00:00:00:01:00\n');
  const filter = { mac: ['02:00:00:00:01:00'], allmulti: false };
  t.deepEqual(await json('filter', 'text0', ...printed.trim().split(' ')), { ifname: 'text0', filter });
  t.like(await json('show', 'text0'), { filter });
  t.regex(await done('show', 'text0'), /^filter {7}--mac 02:00:00:00:01:00$/m);
  t.deepEqual(await json('filter', 'text0', 'off'), { ifname: 'text0', filter: null });
  t.deepEqual(passing(device, [STRANGER]), [STRANGER]);
});

test('the filter stays with a device that no process has attached, and goes with it', async (t) => {
  await done('create', 'keep0', '--persist', '--up');
  await done('filter', 'keep0', '--mac', STRANGER);
  {
    using device = await openTap('keep0');
    t.deepEqual(passing(device, [STRANGER, ...addresses(1)]), [STRANGER]);
  }
  await done('delete', 'keep0');
  using device = await makeDevice('keep0');
  t.is(await done('filter', 'keep0'), 'off\n');
  t.deepEqual(passing(device, [STRANGER, ...addresses(1)]), [STRANGER, ...addresses(1)]);
});

test('what the filter drops counts as missed, and stats and rx-dump say that a filter is set', async (t) => {
  const sentence = 'miss0 has an address filter, and what it drops counts as missed';
  await done('create', 'miss0', '--persist', '--up');
  await done('filter', 'miss0', '--mac', STRANGER);
  const reader = start(['rx-dump', 'miss0', '-c', '1']);
  await reader.waitFor(/listening/, 'stderr');
  await eventually(() => readLink('miss0').carrier, 'the carrier');
  const seeing = await SeeingSocket.open('miss0', 'out');
  const sniff = start(['sniff', 'miss0', '-Q', 'out', '-c', '4', '--json']);
  await sniff.waitFor(/listening/, 'stderr');
  const before = readLink('miss0').stats64.tx.dropped;
  {
    using socket = PacketSocket.open(readLink('miss0').index);
    for (const address of [...addresses(3), STRANGER]) {
      const frame = markedFrame(1);
      frame.set(parseMacAddress(address));
      socket.send(frame);
    }
  }
  const { stderr } = await reader.ended();
  t.is(readLink('miss0').stats64.tx.dropped - before, 3);
  t.regex(stderr, new RegExp(`^3 packets missed \\(.*\\); ${sentence}$`, 'm'));
  t.is((await seeing.close()).length, 4, 'an AF_PACKET socket sees frames before the filter');
  const seen = (await sniff.ended()).stdout.trimEnd().split('\n');
  const destinations = seen.map((line) => (JSON.parse(line) as { data: string }).data.slice(0, 12));
  t.deepEqual(
    destinations.sort(),
    [STRANGER, ...addresses(3)].map((address) => address.replaceAll(':', '')),
    'sniff sees frames before the filter',
  );
  t.true((await done('stats', 'miss0')).endsWith(`\n${sentence}\n`));
  const watch = start(['stats', 'miss0', '--watch', '0.1']);
  await watch.waitFor(/has an address filter/, 'stderr');
  await watch.stop();
  await done('filter', 'miss0', 'off');
  t.false((await done('stats', 'miss0')).includes('filter'));
});

test('a holder sets the filter, and takes its record along to another network namespace', async (t) => {
  await done('create', 'held0', '--persist', '--up');
  const holder = await ready('hold', 'held0');
  t.deepEqual((await run('filter', 'held0', '--mac', STRANGER)).stderr, '');
  using device = await openTap('held0');
  t.deepEqual(passing(device, [STRANGER, ...addresses(2), BROADCAST]), [STRANGER, BROADCAST]);
  const place = await OtherNamespace.make();
  ip(`link set held0 netns ${place.name}`);
  await holder.waitFor(/network namespace/, 'stderr');
  const netns = ['--netns', place.name];
  while ((await run('filter', 'held0', ...netns)).stdout === 'off\n');
  t.is(await done('filter', 'held0', ...netns), `--mac ${STRANGER}\n`);
  await done('filter', 'held0', 'off', ...netns);
  t.is(await done('filter', 'held0', ...netns), 'off\n');
});

test('the owner of a device can filter without root, and no other user', async (t) => {
  await done('create', 'own0', '--persist', '--owner', 'nobody');
  await done('create', 'root0', '--persist', '--owner', 'root');
  t.is((await unprivileged('filter', 'own0', '--mac', STRANGER)).code, 0);
  t.is(await done('filter', 'own0'), `--mac ${STRANGER}\n`);
  const { code, stderr } = await unprivileged('filter', 'root0', 'off');
  t.is(code, 2);
  t.regex(stderr, /^rtap: cannot filter "root0": ioctl\(TUNSETIFF\) failed with EPERM\nhint: run as root/);
});

test('filter refuses a ninth address, what is no address, and contradicting words', async (t) => {
  await done('create', 'words0', '--persist');
  const nine = addresses(9).flatMap((address) => ['--mac', address]);
  const form = 'a MAC address is six hexadecimal bytes such as 02:00:00:00:00:01';
  const rows: readonly (readonly [words: readonly string[], code: number, message: string])[] = [
    [['words0', ...nine], 1, 'cannot filter by 9 addresses: at most 8 are possible'],
    [['words0', '--mac', '02:00'], 1, `cannot parse "02:00": ${form}`],
    [['words0', 'off', '--allmulti'], 1, 'cannot use --allmulti with "off"'],
    [['words0', 'none'], 1, 'cannot read "none": wanted off, or options'],
    [['words0', addresses(1)[0]!], 1, `cannot read "${addresses(1)[0]}": wanted off, or options`],
    [['nosuch0', 'off'], 2, 'cannot filter "nosuch0": there is no such device'],
    [['nosuch0'], 2, 'cannot read "nosuch0": there is no such device'],
  ];
  for (const [words, code, message] of rows)
    t.deepEqual((await refusal('filter', ...words)).slice(0, 2), [code, `rtap: ${message}`]);
  t.is((await refusal('filter', 'words0', '02:00'))[2], 'hint: name an address with --mac 02:00');
  t.is(await done('filter', 'words0'), 'off\n');
  await done('filter', 'words0', ...nine.slice(2), '--mac', BROADCAST);
  t.deepEqual(readAddressFilter('words0')?.addresses, addresses(9).slice(1));
});

test('the library sets, reads and removes a filter', async (t) => {
  using device = await makeDevice('lib0');
  t.deepEqual(setAddressFilter('lib0', { addresses: [STRANGER.toUpperCase()] }), {
    throughHolder: false,
    remembered: true,
  });
  t.deepEqual(readAddressFilter('lib0'), { addresses: [STRANGER], allMulticast: false });
  t.deepEqual(passing(device, [STRANGER, GROUP]), [STRANGER]);
  setAddressFilter('lib0', { addresses: [], allMulticast: true });
  t.deepEqual(readAddressFilter('lib0'), { addresses: [readLink('lib0').address], allMulticast: true });
  setAddressFilter('lib0', undefined);
  t.is(readAddressFilter('lib0'), undefined);
  t.throws(() => setAddressFilter('lib0', { addresses: addresses(9) }), { instanceOf: RangeError });
  t.throws(() => setAddressFilter('lib0', { addresses: ['x'] }), { instanceOf: TypeError });
});
