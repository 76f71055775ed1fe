import test from 'ava';
import { monitoredDevices } from './monitored-devices.js';

function lines(...events: readonly object[]): string {
  return events.map((event) => `${JSON.stringify(event)}\n`).join('');
}

const CREATED = { event: 'created', ifindex: 3, ifname: 'a0', new: { up: false, mtu: 1500, missed: 0 } };

test('monitoredDevices adds the lines of a monitor up to the present state of a device', (t) => {
  const said = lines(
    CREATED,
    { event: 'up', ifindex: 3, ifname: 'a0' },
    { event: 'mtu', ifindex: 3, ifname: 'a0', old: 1500, new: 9000 },
    { event: 'holder', ifindex: 3, ifname: 'a0', old: null, new: { pid: 7, command: 'rtap' } },
    { event: 'renamed', ifindex: 3, ifname: 'b0', old: 'a0', new: 'b0' },
    { event: 'missed', ifindex: 3, ifname: 'b0', old: 0, new: 5 },
    { event: 'overrun' },
  );
  const known = { ifname: 'b0', up: true, mtu: 9000, missed: 5, holder: 7 };
  t.deepEqual([...monitoredDevices(said)], [[3, known]]);
  t.deepEqual(
    [...monitoredDevices(said + lines({ event: 'down', ifindex: 3, ifname: 'b0' }))],
    [[3, { ...known, up: false }]],
  );
});

test('monitoredDevices knows the holder of a device that was present at first', (t) => {
  const state = { up: true, mtu: 1500, missed: 0, holder: { pid: 7, command: 'rtap' }, leases: [] };
  const said = lines({ event: 'present', ifindex: 3, ifname: 'a0', new: state });
  t.is(monitoredDevices(said).get(3)?.holder, 7);
});

test('monitoredDevices forgets a device that is deleted or moved, and ignores half a line', (t) => {
  for (const event of ['deleted', 'moved'])
    t.is(monitoredDevices(lines(CREATED, { event, ifindex: 3, ifname: 'a0' })).size, 0);
  t.is(monitoredDevices(`${lines(CREATED)}{"event":"del`).size, 1);
});
