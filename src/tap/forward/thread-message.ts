import { type Facility, SystemError, UnavailableError } from '../../errors.js';
import type { ForwardingEnd } from './forwarding-thread.js';

/** What a thread reports: `ready` before it carries frames, then how it ended. */
export type ThreadMessage = 'ready' | ThreadOutcome;

export type ThreadOutcome = { readonly end: ForwardingEnd } | { readonly failure: Failure };

/** An error as one thread reports it to another. A posted Error loses its class and its fields. */
export interface Failure {
  readonly message: string;
  readonly system?: { readonly errno: number; readonly code: string; readonly syscall: string };
  readonly facility?: Facility;
}

export function describeFailure(error: unknown): Failure {
  if (!(error instanceof SystemError))
    return { message: error instanceof Error ? error.message : String(error) };
  const { message, errno, code, syscall } = error;
  const system = { errno, code, syscall };
  return error instanceof UnavailableError
    ? { message, system, facility: error.facility }
    : { message, system };
}

export function failureError({ message, system, facility }: Failure): Error {
  if (system === undefined) return new Error(message);
  return facility === undefined
    ? new SystemError(message, system)
    : new UnavailableError(message, { ...system, facility });
}
