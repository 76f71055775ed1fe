import type { Server } from 'node:http';
import type { Socket } from 'node:net';

/**
 * Lets a server have at most `connectionsMax` connections. A further one is accepted, and the oldest that has not sent
 * its request is closed for it, else the oldest: clients that only connect keep no other client out.
 *
 * `connectionsMax` must be larger than the queue of listen(2). The server may accept all of that before it reads, and
 * would close a client that had no time to ask.
 *
 * @param isAnswered whether the request of a connection has arrived
 */
export function limitConnections(
  server: Server,
  connectionsMax: number,
  isAnswered: (socket: Socket) => boolean,
): void {
  // In the order in which they came.
  const open = new Set<Socket>();
  server.on('connection', (socket: Socket) => {
    open.add(socket);
    socket.once('close', () => open.delete(socket));
    if (open.size > connectionsMax) closeOne(open, isAnswered);
  });
}

function closeOne(open: Set<Socket>, isAnswered: (socket: Socket) => boolean): void {
  const [oldest] = open;
  const victim = firstWaiting(open, isAnswered) ?? oldest!;
  // Its event comes later, and more connections may come before.
  open.delete(victim);
  victim.destroy();
}

function firstWaiting(open: Iterable<Socket>, isAnswered: (socket: Socket) => boolean): Socket | undefined {
  for (const socket of open) if (!isAnswered(socket)) return socket;
  return undefined;
}
