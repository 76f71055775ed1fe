import type { EventSink } from './monitor-event.js';
import type { SettingState } from './setting-state.js';

const OFF: SettingState = { steer: null, filter: null };
const SETTINGS = ['steer', 'filter'] as const;

/** Reports to a sink how devices are steered and filtered: each change once. */
export class SettingChanges {
  readonly #sink: EventSink;
  /** What the sink knows, by index. */
  readonly #reported = new Map<number, SettingState>();

  constructor(sink: EventSink) {
    this.#sink = sink;
  }

  /** Takes `settings` of a device as known, without a report. */
  begin(ifindex: number, settings: SettingState): void {
    this.#reported.set(ifindex, settings);
  }

  /** Reports how `settings` differ from what the sink knows. What the sink has no room for is reported by the next call. */
  note(device: { readonly ifname: string; readonly ifindex: number }, settings: SettingState): void {
    for (const event of SETTINGS) {
      const known = this.#reported.get(device.ifindex) ?? OFF;
      const [before, now] = [known[event], settings[event]];
      if (JSON.stringify(before) === JSON.stringify(now)) continue;
      if (this.#sink.take({ event, ...device, old: before, new: now }))
        this.#reported.set(device.ifindex, { ...known, [event]: now });
    }
  }

  /** Forgets the device with this index, which is gone. */
  forget(ifindex: number): void {
    this.#reported.delete(ifindex);
  }
}
