import { type Facility, SystemError, type SystemErrorFields, UnavailableError } from '../errors.js';

/** An error as one thread reports it to another. A posted Error loses its class and its fields. */
export interface Failure {
  readonly message: string;
  /** Of a SystemError. */
  readonly fields?: Omit<SystemErrorFields, 'cause'>;
  /** Of an UnavailableError. */
  readonly facility?: Facility;
}

/** What of `error` is sent to another thread. */
export function describeFailure(error: unknown): Failure {
  if (!(error instanceof SystemError))
    return { message: error instanceof Error ? error.message : String(error) };
  const { message, errno, code, syscall, object, detail, reason, pid } = error;
  const fields = { errno, code, syscall, object, detail, reason, pid };
  return error instanceof UnavailableError
    ? { message, fields, facility: error.facility }
    : { message, fields };
}

/** The error that another thread described. */
export function failureError({ message, fields, facility }: Failure): Error {
  if (fields === undefined) return new Error(message);
  return facility === undefined
    ? new SystemError(message, fields)
    : new UnavailableError(message, { ...fields, facility });
}
