import test from 'ava';
import { DeviceChanges } from '../../../src/cli/monitor/device-changes.js';
import type { EventSink, MonitorEvent } from '../../../src/cli/monitor/monitor-event.js';
import type { Link } from '../../../src/netlink/link.js';
import { NO_STATISTICS } from '../../../src/netlink/link-statistics.js';
import { makeLink } from '../literal-link.js';

const IFF_UP = 1;
const ALL_TAPS = { names: new Set<string>(), all: false };

/** Keeps the events that it takes as text. Has no room while `full`. */
class ScriptedSink implements EventSink {
  readonly events: string[] = [];
  full = false;

  take({ event, ifname, old, new: now }: MonitorEvent): boolean {
    if (this.full) return false;
    const values = typeof now === 'object' ? '' : ` ${old}>${now}`;
    this.events.push(`${ifname ?? '-'} ${event}${now === undefined ? '' : values}`);
    return true;
  }
}

function withDropped(dropped: number): Partial<Link> {
  return { stats64: { ...NO_STATISTICS, tx: { ...NO_STATISTICS.tx, dropped } } };
}

function watch(selection = ALL_TAPS): { changes: DeviceChanges; sink: ScriptedSink } {
  const sink = new ScriptedSink();
  return { changes: new DeviceChanges(selection, sink), sink };
}

test('DeviceChanges reports each change once, from the creation of a link to its deletion', (t) => {
  const { changes, sink } = watch();
  changes.begin([makeLink({ index: 1, name: 'here' })]);
  changes.note(makeLink({ index: 2, name: 'io0', flags: 0 }));
  const changed = makeLink({ index: 2, name: 'io1', flags: IFF_UP, mtu: 9000, ...withDropped(5) });
  changes.note(changed);
  changes.note(changed);
  changes.forget(changed);
  t.deepEqual(sink.events, [
    'io0 created',
    'io1 renamed io0>io1',
    'io1 mtu 1500>9000',
    'io1 up',
    'io1 missed 0>5',
    'io1 deleted',
  ]);
  t.is(changes.eventCount, 6);
});

test('DeviceChanges reports present links if it gets their holders', (t) => {
  const { changes, sink } = watch();
  changes.begin([makeLink({ index: 1, name: 'io0' })], new Map());
  t.deepEqual(sink.events, ['io0 present']);
});

test('DeviceChanges watches TAPs, or links of any kind by name, or all links', (t) => {
  const { tun: _tun, ...plain } = makeLink({ name: 'veth0', index: 3 });
  const links = [plain, makeLink({ name: 'io0', index: 4 })];
  const seen = (names: readonly string[], all: boolean) => {
    const { changes, sink } = watch({ names: new Set(names), all });
    changes.begin(links, new Map());
    return sink.events.map((event) => event.replace(' present', ''));
  };
  t.deepEqual(seen([], false), ['io0']);
  t.deepEqual(seen(['veth0'], false), ['veth0']);
  t.deepEqual(seen([], true), ['veth0', 'io0']);
});

test('DeviceChanges goes on watching a link that was selected by a name and is renamed', (t) => {
  const { changes, sink } = watch({ names: new Set(['io0']), all: false });
  changes.note(makeLink({ index: 2, name: 'io0' }));
  changes.note(makeLink({ index: 2, name: 'io1' }));
  changes.note(makeLink({ index: 2, name: 'io1', mtu: 1400 }));
  changes.note(makeLink({ index: 3, name: 'io0' }));
  t.deepEqual(sink.events, ['io0 created', 'io1 renamed io0>io1', 'io1 mtu 1500>1400', 'io0 created']);
});

test('DeviceChanges takes from a poll only the properties without an event', (t) => {
  const { changes, sink } = watch();
  const link = { index: 2, name: 'io0', flags: IFF_UP };
  changes.begin([makeLink(link)]);
  t.false(changes.notePolled(makeLink({ ...link, mtu: 9000, ...withDropped(7) })));
  // An event that was sent before the poll.
  changes.note(makeLink({ ...link, ...withDropped(3) }));
  t.false(changes.notePolled(makeLink({ index: 9, name: 'strange', ...withDropped(3) })));
  t.deepEqual(sink.events, ['io0 missed 0>7']);
});

test('DeviceChanges returns whether a poll of a device that is down finds other queues attached', (t) => {
  const { changes, sink } = watch();
  const link = makeLink({ index: 2, name: 'io0', flags: 0 });
  const attached = { ...link, tun: { ...link.tun!, queues: (link.tun?.queues ?? 0) + 4 } };
  changes.begin([link]);
  t.false(changes.notePolled(link));
  t.true(changes.notePolled(attached));
  t.false(changes.notePolled(attached));
  t.is(sink.events.length, 1);
});

test('DeviceChanges reports the outcome after the sink had no room', (t) => {
  const { changes, sink } = watch();
  const links = new Map<number, Link>();
  for (const index of [1, 2]) links.set(index, makeLink({ index, name: `io${index}` }));
  changes.begin(links.values());
  sink.full = true;
  for (let mtu = 1000; mtu < 1100; mtu++) changes.note(makeLink({ index: 1, name: 'io1', mtu }));
  t.true(changes.behind);
  changes.forget(links.get(2)!);
  links.delete(2);
  links.set(1, makeLink({ index: 1, name: 'io1', mtu: 1099, address: 'aa:bb:cc:dd:ee:ff' }));
  links.set(3, makeLink({ index: 3, name: 'io3' }));
  changes.catchUp(links);
  t.true(changes.behind, 'the sink still has no room');
  sink.full = false;
  changes.catchUp(links);
  t.false(changes.behind);
  t.is(sink.events.length, 5);
  t.deepEqual(
    sink.events.filter((event) => !event.includes('address')),
    ['- overrun', 'io2 deleted', 'io1 mtu 1500>1099', 'io3 created'],
  );
});
