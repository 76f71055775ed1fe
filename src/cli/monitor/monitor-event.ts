import type { Lease, NamedProcess } from '../../tap/lease/holder-reply.js';
import type { DeviceState, StateValue } from './device-state.js';
import type { HolderState } from './holder-state.js';

/** Something that happened, as `monitor` tells it. */
export interface MonitorEvent {
  /**
   * `present`, `created`, `deleted`, `moved`, `up`, `down`, `overrun`, `holder`, `lease`, `returned`, or the property that
   * changed.
   */
  readonly event: string;
  /** The device that it happened to; absent where it is about none in particular. */
  readonly ifname?: string;
  readonly ifindex?: number;
  /** What was, where it was something else. */
  readonly old?: StateValue | NamedProcess | Lease;
  /** What is. */
  readonly new?: StateValue | Readonly<DeviceState> | PresentState | Destination | NamedProcess | Lease;
}

/** What there is of a device when the monitor begins. */
export type PresentState = Readonly<DeviceState> & HolderState;

/** Where a device went: the id that this network namespace has for the other one, and the device's index there. */
export interface Destination {
  readonly netnsid: number;
  readonly ifindex: number;
}

/** Who is told of events. */
export interface EventSink {
  /** Takes `event`, or says false where there is no room: tell the outcome later. */
  take(event: MonitorEvent): boolean;
}

/** Who tells: begins with its making, and ends with its disposal. */
export interface EventSource extends Disposable {
  /** Says again what the sink had no room for; called once in a while, and only then. */
  catchUp(): void;
}
