import { readFileSync } from 'node:fs';
import { ArgumentRangeError, ArgumentTypeError } from '../../errors.js';
import { Descriptor } from '../../sys/descriptor.js';
import { isSystemError } from '../../sys/errno.js';
import { SOCK_SEQPACKET, socketType } from '../../sys/socket.js';
import { listenAgain, sendUnixDatagram } from '../../sys/unix-socket.js';

/** The first descriptor of the sockets that a service manager passes. Source: sd_listen_fds(3). */
const FIRST_SOCKET = 3;
const SOCKETS_MAX = 16;

/** Tells the service manager that this process is ready, or is ending: sd_notify(3). Does nothing without one. */
export function notifyServiceManager(
  state: 'READY=1' | 'STOPPING=1',
  environment: NodeJS.ProcessEnv = process.env,
): void {
  // After a take-over the main process is another one than the one that the service manager started.
  notify(state === 'READY=1' ? `${state}\nMAINPID=${process.pid}` : state, environment);
}

/**
 * Tells the service manager that process `pid` takes the place of this one, if both belong to one service. The successor reports it
 * too, but perhaps after this process has ended, and then the service manager would end the service.
 */
export function notifyOfSuccessor(pid: number, environment: NodeJS.ProcessEnv = process.env): void {
  if (serviceOf(pid) === serviceOf('self')) notify(`MAINPID=${pid}`, environment);
}

/** The control groups of a process: those of a service are its own. Undefined if the process has ended. */
function serviceOf(pid: number | 'self'): string | undefined {
  try {
    return readFileSync(`/proc/${pid}/cgroup`, 'utf8');
  } catch {
    return undefined;
  }
}

function notify(text: string, environment: NodeJS.ProcessEnv): void {
  const path = environment.NOTIFY_SOCKET;
  if (path === undefined || path === '') return;
  try {
    sendUnixDatagram(path, text, { action: 'notify', object: path });
  } catch (error) {
    // No process listens there, or the path is too long. The holder works without a service manager.
    if (!isSystemError(error) && !(error instanceof ArgumentRangeError)) throw error;
  }
}

/** Returns how many listening sockets a service manager has passed to this process: sd_listen_fds(3). */
export function countActivationSockets(environment: NodeJS.ProcessEnv = process.env): number {
  const { LISTEN_PID, LISTEN_FDS } = environment;
  const count = Number(LISTEN_FDS);
  const isOurs = LISTEN_PID === String(process.pid);
  return isOurs && Number.isInteger(count) && count >= 1 && count <= SOCKETS_MAX ? count : 0;
}

/**
 * Returns the listening sockets that a service manager has passed; the caller owns them. Throws a TypeError if one of them is not
 * of type SOCK_SEQPACKET, or if there are none although they are `required`.
 */
export function takeActivationSockets({ required = false } = {}): Descriptor[] {
  const count = countActivationSockets();
  if (required && count === 0) {
    throw new ArgumentTypeError(
      'cannot use "--socket-activation": systemd passed no socket to this process (LISTEN_PID, LISTEN_FDS)',
    );
  }
  const sockets = Array.from({ length: count }, (_, index) => new Descriptor(FIRST_SOCKET + index));
  try {
    for (const { fd } of sockets) assertListening(fd);
    return sockets;
  } catch (error) {
    for (const socket of sockets) socket[Symbol.dispose]();
    throw error;
  }
}

function assertListening(fd: number): void {
  const purpose = { action: 'serve', object: 'LISTEN_FDS' };
  try {
    if (socketType(fd, purpose) === SOCK_SEQPACKET) {
      listenAgain(fd, purpose);
      return;
    }
  } catch (error) {
    if (!isSystemError(error)) throw error;
  }
  throw new ArgumentTypeError(
    'cannot serve "LISTEN_FDS": the socket must be of SOCK_SEQPACKET (ListenSequentialPacket=)',
  );
}
