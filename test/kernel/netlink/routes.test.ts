import test from 'ava';
import { NetlinkError } from '../../../src/errors.js';
import { Links } from '../../../src/netlink/links.js';
import { type NewRoute, Routes } from '../../../src/netlink/routes.js';
import { parseIpAddress } from '../../../src/packet/headers/ip-address.js';
import { enterNewNetworkNamespace } from '../../../src/sys/network-namespace.js';
import { ip } from '../../netlink/iproute2.js';
import { runTool } from '../peer.js';

enterNewNetworkNamespace();
ip('tuntap add io0 mode tap', 'link set io0 up', 'address add 192.0.2.1/24 dev io0');
ip('link add br0 type bridge', 'address add 2001:db8::1/64 dev io0 nodad');

const links = Links.open();
test.after.always(() => links[Symbol.dispose]());
const { index } = links.byName('io0')!;

const ADD = { action: 'add route to', object: 'io0' };

function network(text: string): NewRoute['destination'] {
  const [address = '', length] = text.split('/');
  return { bytes: parseIpAddress(address), prefixLength: Number(length) };
}

/** What ip(8) says of the route `words`, without what it adds by itself. */
function shown(...words: readonly string[]): Record<string, unknown> {
  const [route] = JSON.parse(runTool('ip', '-j', 'route', 'show', ...words)) as Record<string, unknown>[];
  return route ?? {};
}

test.serial('Routes.add makes the routes that ip shows, with all of their settings', (t) => {
  using routes = Routes.open();
  routes.add(index, { destination: network('198.51.100.0/24') }, ADD);
  t.like(shown('198.51.100.0/24'), { dst: '198.51.100.0/24', dev: 'io0', scope: 'link' });
  const gateway = parseIpAddress('192.0.2.9');
  const all = { gateway, mtu: 1400, advmss: 1300, priority: 7, table: 1000, scope: 0 };
  routes.add(index, { destination: network('203.0.113.0/24'), ...all }, ADD);
  const metrics = [{ mtu: 1400, advmss: 1300 }];
  t.like(shown('table', '1000'), { dst: '203.0.113.0/24', gateway: '192.0.2.9', metric: 7 });
  t.deepEqual(shown('table', '1000').metrics, metrics);
  routes.add(index, { destination: network('0.0.0.0/0'), gateway }, ADD);
  t.like(shown('default'), { gateway: '192.0.2.9', dev: 'io0' });
  const hop = parseIpAddress('2001:db8::9');
  routes.add(index, { destination: network('::/0'), gateway: hop, priority: 5 }, ADD);
  const [six] = JSON.parse(runTool('ip', '-6', '-j', 'route', 'show', 'default')) as object[];
  t.like(six, { gateway: '2001:db8::9', dev: 'io0', metric: 5 });
});

test.serial('Routes.list finds the routes that ip made', (t) => {
  ip('route add 198.18.0.0/15 via 192.0.2.8 dev io0 metric 3 table 77');
  using routes = Routes.open();
  t.deepEqual(
    routes.list().find(({ table }) => table === 77),
    {
      index,
      destination: network('198.18.0.0/15'),
      gateway: parseIpAddress('192.0.2.8'),
      priority: 3,
      table: 77,
    },
  );
});

test.serial('Routes.add throws a NetlinkError when the kernel refuses', (t) => {
  using routes = Routes.open();
  const route = { destination: network('198.51.100.0/24') };
  const error = t.throws(() => routes.add(index, route, ADD), { instanceOf: NetlinkError });
  t.like(error, { code: 'EEXIST', syscall: 'RTM_NEWROUTE', object: 'io0' });
  const far = { destination: network('198.51.101.0/24'), gateway: parseIpAddress('10.9.9.9') };
  t.is(t.throws(() => routes.add(index, far, ADD), { instanceOf: NetlinkError })?.code, 'ENETUNREACH');
});

test.serial('Links.change makes a link a port of a bridge, and takes it out again', (t) => {
  const bridge = links.byName('br0')!.index;
  links.change(index, { master: bridge });
  t.like((JSON.parse(runTool('ip', '-j', 'link', 'show', 'io0')) as object[])[0], { master: 'br0' });
  links.change(index, { master: 0 });
  t.is(links.byName('io0')?.master, undefined);
});
