import test from 'ava';
import type { EventSink, MonitorEvent } from '../../../src/cli/monitor/monitor-event.js';
import { SettingChanges } from '../../../src/cli/monitor/setting-changes.js';
import type { SettingState } from '../../../src/cli/monitor/setting-state.js';

const IO0 = { ifname: 'io0', ifindex: 5 };
const OFF: SettingState = { steer: null, filter: null };
const FLOW: SettingState = { ...OFF, steer: { by: 'flow', map: null, else: 'flow' } };
const BOTH: SettingState = { ...FLOW, filter: { mac: ['02:00:00:00:00:01'], allmulti: false } };

/** Keeps the events that it takes. Has no room while `full`. */
class ScriptedSink implements EventSink {
  readonly events: MonitorEvent[] = [];
  full = false;

  take(event: MonitorEvent): boolean {
    if (!this.full) this.events.push(event);
    return !this.full;
  }
}

test('SettingChanges reports each change once, also one for which the sink had no room', (t) => {
  const sink = new ScriptedSink();
  const changes = new SettingChanges(sink);
  changes.note(IO0, OFF);
  t.deepEqual(sink.events, []);
  changes.note(IO0, FLOW);
  changes.note(IO0, { ...FLOW });
  sink.full = true;
  changes.note(IO0, BOTH);
  sink.full = false;
  changes.note(IO0, BOTH);
  changes.note(IO0, BOTH);
  changes.note(IO0, OFF);
  t.deepEqual(sink.events, [
    { event: 'steer', ...IO0, old: null, new: FLOW.steer },
    { event: 'filter', ...IO0, old: null, new: BOTH.filter },
    { event: 'steer', ...IO0, old: FLOW.steer, new: null },
    { event: 'filter', ...IO0, old: BOTH.filter, new: null },
  ]);
});

test('SettingChanges does not report what was there at the beginning, and forgets a device that is gone', (t) => {
  const sink = new ScriptedSink();
  const changes = new SettingChanges(sink);
  changes.begin(IO0.ifindex, BOTH);
  changes.note(IO0, BOTH);
  t.deepEqual(sink.events, []);
  changes.forget(IO0.ifindex);
  changes.note(IO0, BOTH);
  t.is(sink.events.length, 2);
});
