import { QUEUE_UNKNOWN } from '../../../packet/capture/capture-record.js';
import { FLOW_HASH_END, flowHash } from '../../../packet/headers/flow.js';
import type { FrameSource } from '../sources/frame-source.js';
import type { Lane } from './lane.js';

/** The index of the lane that a frame goes to; NO_LANE for none. */
export type LaneChoice = (source: FrameSource) => number;

/** What a LaneChoice returns for a frame whose queue the device does not have. */
export const NO_LANE = -1;

/** All frames go to the only lane. */
export const onlyLane: LaneChoice = () => 0;

/** Frames of a flow, both ways, go to one of `laneCount` lanes. */
export function laneByFlow(laneCount: number): LaneChoice {
  return ({ bytes, start, length }) =>
    Math.floor((flowHash(bytes, start, start + length) * laneCount) / FLOW_HASH_END);
}

/** A frame goes to the queue that its capture recorded for it, or to queue 0 if it recorded none. */
export function laneAsRecorded(lanes: readonly Pick<Lane, 'number'>[]): LaneChoice {
  const indices = new Map(lanes.map(({ number }, index) => [number, index]));
  return ({ queue }) => indices.get(queue === QUEUE_UNKNOWN ? 0 : queue) ?? NO_LANE;
}
