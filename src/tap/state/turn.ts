/**
 * Frames that one queue may have in a row, but for the rest of its last burst, before signals, events and other queues get
 * their turn: half a millisecond of short ones.
 */
export const FRAMES_PER_TURN = 512;
