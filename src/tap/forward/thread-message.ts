import type { Failure } from '../../sys/thread-failure.js';
import type { ForwardingEnd } from './forwarding-thread.js';

/** What a thread reports: `ready` before it carries frames, then how it ended. */
export type ThreadMessage = 'ready' | ThreadOutcome;

export type ThreadOutcome = { readonly end: ForwardingEnd } | { readonly failure: Failure };
