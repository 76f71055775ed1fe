import test from 'ava';
import { Links } from '../../../src/index.js';
import { readStatisticsOf } from '../../../src/tap/counters/device-statistics.js';
import { findTap } from '../../../src/tap/link/tap-link.js';
import { ip } from '../../netlink/iproute2.js';
import { done, start } from '../command.js';
import { makeTap } from '../offloading-tap.js';
import { enterWorkspace } from '../workspace.js';

enterWorkspace();
const LONG = 'the-tap-with-a-name-longer-than-fifteen';
const LONGEST = 'x'.repeat(127);
const NAMES = ['known0', 'short', LONG, LONGEST];
makeTap('known0', []);
makeTap('other0', []);
for (const name of NAMES.slice(1)) ip(`link property add dev known0 altname ${name}`);

test.serial('Links and findTap find a device by each of its names', (t) => {
  using links = Links.open();
  const { index } = links.byName('known0')!;
  for (const name of NAMES) {
    t.is(links.byName(name)?.index, index, name);
    t.is(findTap(name, 'read').name, 'known0');
  }
  for (const absent of [`${LONG}er`, 'x'.repeat(126), 'x'.repeat(128)])
    t.is(links.byName(absent), undefined, absent);
  t.throws(() => findTap(`${LONG}er`, 'read'), { message: /there is no such device/ });
});

test.serial('a device that is named several times comes once', (t) => {
  const named = (names: readonly string[]) => readStatisticsOf(names).map(({ name }) => name);
  t.deepEqual(named([...NAMES, 'other0', 'known0']), ['known0', 'other0']);
  t.deepEqual(named(['other0', LONG, 'other0']), ['other0', 'known0']);
  t.throws(() => readStatisticsOf(['known0', 'absent']), { message: /there is no such device/ });
  const absent: string[] = [];
  t.is(readStatisticsOf([LONG, 'absent'], { onAbsent: (name) => absent.push(name) }).length, 1);
  t.deepEqual(absent, ['absent']);
});

test.serial('the commands that take a device take an alternative name', async (t) => {
  for (const words of [['show'], ['stats'], ['offload'], ['mtu'], ['up'], ['promisc']]) {
    const more = words[0] === 'mtu' ? ['1400'] : words[0] === 'promisc' ? ['on'] : [];
    await t.notThrowsAsync(done(...words, LONG, ...more), words[0]);
  }
  const counts: unknown = JSON.parse(await done('stats', '--json', 'known0', LONG, 'short'));
  t.is((counts as unknown[]).length, 1);
});

test.serial('monitor reports the device of an alternative name by its name', async (t) => {
  const monitor = start(['monitor', '--json', LONG, 'known0']);
  await monitor.waitFor(/^monitor: watching known0\n/m, 'stderr');
  ip('link set other0 mtu 1300', 'link set known0 mtu 1350');
  const [line] = await monitor.waitFor(/^\{.*"event":"mtu".*\}$/m);
  t.like(JSON.parse(line), { ifname: 'known0', new: 1350 });
  monitor.signal('SIGTERM');
  await monitor.ended();
  t.notRegex(monitor.stdout, /other0/);
});
