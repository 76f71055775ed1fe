import { waitUntilReadable, waitUntilWritable } from '../../sys/descriptor-wait.js';
import { callError, errnoOf } from '../../sys/errno.js';
import { type InetAddress, InetSocket } from '../../sys/inet-socket.js';
import type { HaltWord } from './halt.js';

/** The task of the thread at one end of a TCP connection. */
export interface StreamTask {
  readonly kind: 'stream-send' | 'stream-receive';
  /** Where the receiver listens. */
  readonly local: InetAddress;
  /** One double: bytes received so far. */
  readonly bytes: SharedArrayBuffer;
  readonly halt: HaltWord;
}

/** Bytes of a write, as iperf3(1) has it. */
const CHUNK_BYTES = 128 * 1024;
const RECEIVE_BYTES = 256 * 1024;
/** How often the halt is checked. */
const LOOK_MS = 20;
const EAGAIN = -errnoOf('EAGAIN');

/** Listens, calls `onReady`, and receives from one connection until it is halted. */
export function receiveStream({ local, bytes, halt }: StreamTask, onReady: () => void): void {
  using listener = InetSocket.listen(local);
  const halted = new Int32Array(halt.word);
  const received = new Float64Array(bytes);
  onReady();
  while (!waitUntilReadable(listener.fd, LOOK_MS)) if (Atomics.load(halted, 0) !== 0) return;
  using socket = listener.accept();
  const buffer = new Uint8Array(RECEIVE_BYTES);
  while (Atomics.load(halted, 0) === 0) {
    const result = socket.receive(buffer);
    if (result > 0) received[0] = received[0]! + result;
    else if (result === EAGAIN) waitUntilReadable(socket.fd, LOOK_MS);
    else if (result < 0) throw callError({ action: 'receive', object: 'stream' }, 'recv', -result);
    else return;
  }
}

/** Connects, and sends as fast as it can until it is halted. */
export function sendStream({ local, halt }: StreamTask): void {
  using socket = InetSocket.connect(local);
  const halted = new Int32Array(halt.word);
  const chunk = new Uint8Array(CHUNK_BYTES);
  while (Atomics.load(halted, 0) === 0) {
    const result = socket.send(chunk);
    if (result === EAGAIN) waitUntilWritable(socket.fd, LOOK_MS);
    else if (result < 0) throw callError({ action: 'send', object: 'stream' }, 'send', -result);
  }
}
