/**
 * Bursts that one queue may have in a row before signals, events and other queues get their turn: a millisecond of full
 * ones.
 */
export const BURSTS_PER_TURN = 8;
