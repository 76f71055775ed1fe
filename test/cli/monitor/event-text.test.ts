import test from 'ava';
import { stateOf } from '../../../src/cli/monitor/device-state.js';
import { eventLine } from '../../../src/cli/monitor/event-text.js';
import type { HolderState } from '../../../src/cli/monitor/holder-state.js';
import type { MonitorEvent } from '../../../src/cli/monitor/monitor-event.js';
import { makeLink } from '../literal-link.js';

process.env.TZ = 'Asia/Kolkata';
const TIME = new Date('2026-11-23T04:45:00.007Z');

const rows: readonly (readonly [event: MonitorEvent, text: string])[] = [
  [{ event: 'up', ifname: 'io0', ifindex: 5 }, 'io0: up'],
  [{ event: 'deleted', ifname: 'io0', ifindex: 5 }, 'io0: deleted'],
  [{ event: 'carrier', ifname: 'io0', ifindex: 5, old: true, new: false }, 'io0: carrier off'],
  [{ event: 'mtu', ifname: 'io0', ifindex: 5, old: 1500, new: 9000 }, 'io0: mtu 1500 -> 9000'],
  [{ event: 'renamed', ifname: 'io1', ifindex: 5, old: 'io0', new: 'io1' }, 'io1: renamed from io0'],
  [{ event: 'queues', ifname: 'io0', ifindex: 5, old: 3, new: 4 }, 'io0: queues attached 3 -> 4'],
  [{ event: 'missed', ifname: 'io0', ifindex: 5, old: 10, new: 14 }, 'io0: missed 4, 14 in all'],
  [
    { event: 'moved', ifname: 'io0', ifindex: 5, new: { netnsid: 0, ifindex: 7 } },
    'io0: moved to the network namespace with id 0, index 7 there',
  ],
  [
    {
      event: 'steer',
      ifname: 'io0',
      ifindex: 5,
      old: null,
      new: { by: 'dst-port', map: '53=1', else: 'flow' },
    },
    'io0: steer off -> --by dst-port --map 53=1 --else flow',
  ],
  [
    { event: 'steer', ifname: 'io0', ifindex: 5, old: { by: 'flow', map: null, else: 2 }, new: 'unknown' },
    'io0: steer --by flow --else 2 -> unknown',
  ],
  [{ event: 'steer', ifname: 'io0', ifindex: 5, old: 'unknown', new: null }, 'io0: steer unknown -> off'],
  [
    {
      event: 'filter',
      ifname: 'io0',
      ifindex: 5,
      old: { mac: ['02:00:00:00:00:01'], allmulti: true },
      new: null,
    },
    'io0: filter --mac 02:00:00:00:00:01 --allmulti -> off',
  ],
  [{ event: 'overrun' }, 'events were lost: the changes since then follow'],
];

for (const [event, text] of rows) {
  test(`eventLine formats the event ${event.event}: ${text}`, (t) => {
    t.is(eventLine(event, TIME), `[2026-11-23T10:15:00.007+05:30] ${text}`);
  });
}

test('eventLine names the holder and the readers of a present device', (t) => {
  const [holder, reader] = [
    { pid: 10, command: 'rtap' },
    { pid: 11, command: 'rx-dump' },
  ];
  const state = stateOf(makeLink({ name: 'io0', index: 5 }));
  const line = (holding: HolderState) => {
    const event = { event: 'present', ifname: 'io0', ifindex: 5, new: { ...state, ...holding } };
    return eventLine(event, TIME).replace(/^.*missed 0/, '');
  };
  const leases = [{ ...reader, queues: [0, 1] }];
  t.is(line({ holder, leases }), ', held by rtap (pid 10), queues 0-1 read by rx-dump (pid 11)');
  t.is(line({ holder: null, leases: [] }), '');
  t.is(line({ holder: null, leases: null }), '');
});

test('eventLine describes a device that was created', (t) => {
  const state = stateOf(makeLink({ name: 'io0', index: 5 }));
  const line = eventLine({ event: 'created', ifname: 'io0', ifindex: 5, new: state }, TIME);
  t.regex(
    line,
    /^\[.*\] io0: created, index 5, (up|down), carrier (on|off), mtu 1500, address .*, queues attached \d+, missed 0$/,
  );
});
