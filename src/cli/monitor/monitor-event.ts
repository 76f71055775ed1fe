import type { Lease, NamedProcess } from '../../tap/lease/holder-reply.js';
import type { FilterJson, SteeringJson } from '../arguments/setting-text.js';
import type { DescribedRestoration } from '../device/restoration-text.js';
import type { DeviceState, StateValue } from './device-state.js';
import type { HolderState } from './holder-state.js';
import type { SettingState } from './setting-state.js';

/** Something that happened, as `monitor` reports it. */
export interface MonitorEvent {
  /**
   * `present`, `created`, `deleted`, `moved`, `up`, `down`, `overrun`, `holder`, `lease`, `returned`, `restored`, `steer`, `filter`, or
   * the property that changed.
   */
  readonly event: string;
  /** The device that the event is about, if it is about one. */
  readonly ifname?: string;
  readonly ifindex?: number;
  /** The value before. */
  readonly old?: StateValue | NamedProcess | Lease | SteeringJson | FilterJson;
  /** The value now. */
  readonly new?:
    | StateValue
    | Readonly<DeviceState>
    | PresentState
    | Destination
    | NamedProcess
    | Lease
    | DescribedRestoration
    | SteeringJson
    | FilterJson;
}

/** A device that is there when the monitor begins. */
export type PresentState = Readonly<DeviceState> & HolderState & Partial<SettingState>;

/** Where a device was moved to: the id of the other network namespace in this one, and the index of the device there. */
export interface Destination {
  readonly netnsid: number;
  readonly ifindex: number;
}

/** Takes events. */
export interface EventSink {
  /** Takes `event`. Returns false if there is no room; then the source reports the outcome later. */
  take(event: MonitorEvent): boolean;
}

/** Reports events from its construction until it is disposed. */
export interface EventSource extends Disposable {
  /** Reports what the sink had no room for. Called some time after the sink had no room. */
  catchUp(): void;
}
