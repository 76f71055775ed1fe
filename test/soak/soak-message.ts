import type { Place } from './slots.js';

/** Counts of a slot's frames, to be added up. */
export interface SlotCounts {
  /** Frames of which tx-inject printed that the kernel accepted them. */
  readonly accepted?: number;
  /** Frames of which tx-inject printed that they were refused. */
  readonly refused?: number;
  /** Most frames that a killed tx-inject may have sent. */
  readonly perhapsAccepted?: number;
  /** Frames of which rx-dump printed that it took them, discarded ones included. */
  readonly taken?: number;
  /** Frames that the kernel was given to send out of the device. */
  readonly attempts?: number;
  /** Processes that were killed while they sent or read. */
  readonly killedSenders?: number;
  readonly killedReaders?: number;
}

/** A command that has ended. */
export interface CommandReport {
  readonly type: 'command';
  /** As typed, without the launcher. */
  readonly words: readonly string[];
  readonly code: number | null;
  readonly signal: string | null;
  readonly stderr: string;
  readonly seconds: number;
}

/** What an actor reports. */
export type ActorReport =
  | CommandReport
  | { readonly type: 'begin'; readonly words: readonly string[] }
  | { readonly type: 'counts'; readonly slot: number; readonly counts: SlotCounts }
  | { readonly type: 'place'; readonly slot: number; readonly place: Place }
  /** Something that must not happen. */
  | { readonly type: 'fault'; readonly what: string }
  /** The actor does nothing, and reads and sends nothing. */
  | { readonly type: 'resting' };

/** What the soak asks an actor. */
export type ActorOrder =
  | { readonly type: 'go'; readonly places: readonly Place[] }
  | { readonly type: 'place'; readonly slot: number; readonly place: Place }
  | { readonly type: 'rest' }
  /** Wait for the holders that it started, and end. */
  | { readonly type: 'end' };

/** The arguments of an actor. */
export interface ActorSettings {
  readonly seed: number;
  /** Path of rtap's launcher. */
  readonly rtap: string;
  /** A process in the other network namespace. */
  readonly awayPid: number;
}
