import test from 'ava';
import { eventLine } from '../../../src/cli/monitor/event-text.js';
import { HolderChanges } from '../../../src/cli/monitor/holder-changes.js';
import type { EventSink, MonitorEvent } from '../../../src/cli/monitor/monitor-event.js';
import type { Greeting, Lease } from '../../../src/tap/lease/holder-reply.js';

const IO0 = { ifname: 'io0', ifindex: 5 };
const HOLDER = { pid: 10, command: 'rtap' };
const DUMP = { pid: 11, command: 'rx-dump' };

/** Keeps the events that it takes. Has no room while `full`. */
class ScriptedSink implements EventSink {
  readonly events: MonitorEvent[] = [];
  full = false;

  take(event: MonitorEvent): boolean {
    if (!this.full) this.events.push(event);
    return !this.full;
  }

  /** The events as `monitor` prints them, without the time. */
  get lines(): string[] {
    return this.events.map((event) => eventLine(event, new Date(0)).replace(/^\[.*?\] /, ''));
  }
}

function greeting(leases: readonly Lease[], holder = HOLDER): Greeting {
  return {
    type: 'greeting',
    holder,
    device: 'io0',
    ifindex: 5,
    netns: '1',
    queues: 4,
    leases,
    admitted: true,
  };
}

test('HolderChanges reports each change once when a holder and its users come and go', (t) => {
  const sink = new ScriptedSink();
  const changes = new HolderChanges(sink);
  changes.note(IO0, undefined);
  changes.note(IO0, greeting([]));
  changes.note(IO0, greeting([{ ...DUMP, queues: [0, 1] }]));
  changes.note(IO0, greeting([{ ...DUMP, queues: [0, 1] }]));
  // Two connections of one process are one reader.
  changes.note(
    IO0,
    greeting([
      { ...DUMP, queues: [3] },
      { ...DUMP, queues: [0, 1] },
    ]),
  );
  changes.note(IO0, greeting([{ ...DUMP, queues: [0, 1, 3] }], { pid: 12, command: 'rtap' }));
  changes.note(IO0, undefined);
  t.deepEqual(sink.lines, [
    'io0: held by rtap (pid 10)',
    'io0: queues 0-1 read by rx-dump (pid 11)',
    'io0: queues 0-1,3 read by rx-dump (pid 11)',
    'io0: held by rtap (pid 12)',
    'io0: queues 0-1,3 no longer read by rx-dump (pid 11)',
    'io0: no longer held by rtap (pid 12)',
  ]);
  t.deepEqual(sink.events[1], { event: 'lease', ...IO0, new: { ...DUMP, queues: [0, 1] } });
  t.deepEqual(sink.events[3], { event: 'holder', ...IO0, old: HOLDER, new: { ...HOLDER, pid: 12 } });
  t.deepEqual(sink.events[4], { event: 'returned', ...IO0, old: { ...DUMP, queues: [0, 1, 3] } });
});

test('HolderChanges reports nothing that was present before, and the rest when the sink has room again', (t) => {
  const sink = new ScriptedSink();
  const changes = new HolderChanges(sink);
  changes.begin(IO0, greeting([{ ...DUMP, queues: [2] }]));
  sink.full = true;
  changes.note(IO0, greeting([]));
  changes.note(IO0, undefined);
  sink.full = false;
  changes.note(IO0, undefined);
  t.deepEqual(sink.lines, [
    'io0: queue 2 no longer read by rx-dump (pid 11)',
    'io0: no longer held by rtap (pid 10)',
  ]);
  changes.forget(IO0.ifindex);
  changes.note(IO0, undefined);
  t.is(sink.events.length, 2);
});

test('HolderChanges reports once what a holder has put back', (t) => {
  const sink = new ScriptedSink();
  const changes = new HolderChanges(sink);
  const restored = { count: 1, borrower: DUMP, attached: [1], nonblocking: [], header: 10 };
  changes.begin(IO0, greeting([]));
  changes.note(IO0, { ...greeting([]), restored });
  changes.note(IO0, { ...greeting([]), restored });
  changes.note(IO0, { ...greeting([]), restored: { ...restored, count: 2 } });
  const line = 'io0: put back after rx-dump (pid 11): queue 1 attached, header 10 bytes';
  t.deepEqual(sink.lines, [line, line]);
  const { count: _, ...reported } = restored;
  t.deepEqual(sink.events[0], { event: 'restored', ...IO0, new: reported });
});
