import type { Place } from './slots.js';

/** What is known of a slot's frames, to be added up. */
export interface FrameFacts {
  /** Frames of which tx-inject said that the kernel accepted them. */
  readonly accepted?: number;
  /** Frames of which it said that they were refused. */
  readonly refused?: number;
  /** Frames that a killed tx-inject may have sent at most. */
  readonly perhapsAccepted?: number;
  /** Frames that rx-dump said it had taken, discarded ones included. */
  readonly taken?: number;
  /** Frames that the kernel was given to send out of the device. */
  readonly attempts?: number;
  /** Processes that were killed while they sent, or read. */
  readonly killedSenders?: number;
  readonly killedReaders?: number;
}

/** A command that has ended. */
export interface CommandReport {
  readonly type: 'command';
  /** As typed, the launcher left out. */
  readonly words: readonly string[];
  readonly code: number | null;
  readonly signal: string | null;
  readonly stderr: string;
  readonly seconds: number;
}

/** What an actor tells. */
export type ActorReport =
  | CommandReport
  | { readonly type: 'begin'; readonly words: readonly string[] }
  | { readonly type: 'facts'; readonly slot: number; readonly facts: FrameFacts }
  | { readonly type: 'place'; readonly slot: number; readonly place: Place }
  /** Something that must not be. */
  | { readonly type: 'fault'; readonly what: string }
  /** It does nothing, and reads and sends nothing. */
  | { readonly type: 'resting' };

/** What an actor is told. */
export type ActorOrder =
  | { readonly type: 'go'; readonly places: readonly Place[] }
  | { readonly type: 'place'; readonly slot: number; readonly place: Place }
  | { readonly type: 'rest' }
  /** Wait for the holders that it started, and end. */
  | { readonly type: 'end' };

/** What an actor is started with. */
export interface ActorSettings {
  readonly seed: number;
  /** The launcher of rtap. */
  readonly rtap: string;
  /** A process in the other network namespace. */
  readonly awayPid: number;
}
