import { once } from 'node:events';
import { existsSync, lstatSync, unlinkSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { connect } from 'node:net';
import { dirname } from 'node:path';
import type { SystemError } from '../../errors.js';
import { systemError } from '../../sys/errno.js';
import { describeFileFault } from '../../tap/state/file-fault.js';
import type { ListenAddress } from './listen-address.js';
import { OPEN_METRICS_TYPE } from './metric-families.js';

const PATH = '/metrics';
/** More than any number of collectors. Each connection takes a descriptor. */
const CONNECTIONS_MAX = 64;
/** A request has a few headers and no body, so it takes no longer than this. */
const REQUEST_TIMEOUT_MS = 5000;
/** How often connections are checked against these limits. */
const CHECK_INTERVAL_MS = 1000;
/**
 * Most time between two requests of a connection. Collectors ask every 10 to 60 s, and open a new connection then.
 */
const KEEP_ALIVE_MS = 5000;

/** What an errno means for an address. */
const REASONS: Readonly<Record<string, string>> = {
  EADDRINUSE: 'it is in use',
  EADDRNOTAVAIL: 'this machine has no such address',
};

/** Serves text over HTTP at /metrics, until it is disposed. */
export class MetricsServer implements Disposable {
  /** Where it listens: a URL, or `unix:` and the path of a socket. */
  readonly place: string;
  readonly #server: Server;

  private constructor(server: Server, place: string) {
    this.#server = server;
    this.place = place;
  }

  /**
   * Listens at `address`. `read` makes the text for each request. A socket file that a killed server left is
   * replaced. Throws a SystemError when the kernel refuses.
   */
  static async listen(address: ListenAddress, read: () => string): Promise<MetricsServer> {
    const server = createServer(
      {
        requestTimeout: REQUEST_TIMEOUT_MS,
        headersTimeout: REQUEST_TIMEOUT_MS,
        keepAliveTimeout: KEEP_ALIVE_MS,
        connectionsCheckingInterval: CHECK_INTERVAL_MS,
      },
      (request, response) => answer(request, response, read),
    );
    server.maxConnections = CONNECTIONS_MAX;
    if (address.kind === 'unix') await removeLeftover(address.path);
    server.listen(address.kind === 'unix' ? { path: address.path } : address);
    try {
      await once(server, 'listening');
    } catch (error) {
      throw refusal(error as NodeJS.ErrnoException, address);
    }
    // Without free descriptors a connection cannot be accepted. Only its client fails then, and not the server.
    server.on('error', () => {});
    return new MetricsServer(server, placeOf(server, address));
  }

  /** Closes every connection. Node removes the socket file. */
  [Symbol.dispose](): void {
    this.#server.close();
    this.#server.closeAllConnections();
  }
}

function refusal(error: NodeJS.ErrnoException, address: ListenAddress): SystemError {
  const isUnix = address.kind === 'unix';
  // libuv turns ENOENT into EACCES.
  const isFolderMissing = isUnix && error.code === 'EACCES' && !existsSync(dirname(address.path));
  const code = isFolderMissing ? 'ENOENT' : (error.code ?? 'EIO');
  const object = isUnix ? `unix:${address.path}` : `${hostInUrl(address.host)}:${address.port}`;
  const isForeign = isUnix && code === 'EADDRINUSE' && !isSocket(address.path);
  const detail = isForeign
    ? 'it is there, and no socket'
    : (REASONS[code] ?? describeFileFault('listen', code));
  const errno = Math.abs(error.errno ?? 0);
  return systemError({ action: 'listen on', object, errno, code, syscall: 'listen', detail });
}

function placeOf(server: Server, address: ListenAddress): string {
  const bound = server.address();
  if (address.kind === 'unix' || bound === null || typeof bound === 'string')
    return `unix:${address.kind === 'unix' ? address.path : bound}`;
  return `http://${hostInUrl(bound.address)}:${bound.port}${PATH}`;
}

function hostInUrl(address: string): string {
  return address.includes(':') ? `[${address}]` : address;
}

/** Removes the socket at `path` if no process listens on it. Any other file stays, so that listening fails. */
async function removeLeftover(path: string): Promise<void> {
  if (!isSocket(path)) return;
  const probe = connect({ path });
  const refused = await new Promise<boolean>((resolve) => {
    probe.once('connect', () => resolve(false));
    probe.once('error', (error: NodeJS.ErrnoException) => resolve(error.code === 'ECONNREFUSED'));
  });
  probe.destroy();
  if (refused) unlinkSync(path);
}

function isSocket(path: string): boolean {
  return lstatSync(path, { throwIfNoEntry: false })?.isSocket() === true;
}

function answer(request: IncomingMessage, response: ServerResponse, read: () => string): void {
  const path = request.url?.split('?', 1)[0];
  if (request.method !== 'GET' && request.method !== 'HEAD') {
    say(response.setHeader('Allow', 'GET, HEAD'), 405, `cannot ${request.method}: GET is possible\n`);
  } else if (path !== PATH) {
    say(response, 404, `cannot find "${path}": there is ${PATH}\n`);
  } else {
    answerMetrics(response, read);
  }
}

function answerMetrics(response: ServerResponse, read: () => string): void {
  let text: string;
  try {
    text = read();
  } catch (error) {
    // Only this request fails: at the next one the error may be gone.
    say(response, 500, `${error instanceof Error ? error.message : String(error)}\n`);
    return;
  }
  response.setHeader('Content-Type', OPEN_METRICS_TYPE).end(text);
}

function say(response: ServerResponse, status: number, text: string): void {
  response.statusCode = status;
  response.setHeader('Content-Type', 'text/plain; charset=utf-8').end(text);
}
