import { once } from 'node:events';
import { existsSync, lstatSync, unlinkSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { connect, type Socket } from 'node:net';
import { dirname } from 'node:path';
import type { Duplex } from 'node:stream';
import type { SystemError } from '../../errors.js';
import { systemError } from '../../sys/errno.js';
import { describeFileFault } from '../../tap/state/file-fault.js';
import { jsonText, printableText } from '../output/escapes.js';
import { acceptedFormat, contentType } from './accepted-format.js';
import { limitConnections } from './connection-limit.js';
import { isLocalHost } from './host-header.js';
import { isLoopback, type ListenAddress } from './listen-address.js';
import type { MetricsFormat } from './metrics-text.js';
import { PacedReading } from './paced-reading.js';

const PATH = '/metrics';
const FORMATS: readonly MetricsFormat[] = ['openmetrics', 'prometheus'];
/** More than Node's queue of listen(2), which is 511, and less than the usual 1024 descriptors. */
const CONNECTIONS_MAX = 800;
/** A collector opens a connection for each request: it asks every 10 to 60 s. */
const CONNECTION_REQUESTS_MAX = 1;
const HEADERS_BYTES_MAX = 8192;
/** A request has a few headers and no body, so it takes no longer than this. */
const REQUEST_TIMEOUT_MS = 5000;
/** How often connections are checked against these limits. */
const CHECK_INTERVAL_MS = 1000;
/** A client that reads more slowly than this is cut off: its answer takes memory. */
const ANSWER_TIMEOUT_MS = 10_000;
/** However often clients ask, the counters are read no more often. A client that asks each second never waits. */
const READING_INTERVAL_MS = 500;

/** What an errno means for an address. */
const REASONS: Readonly<Record<string, string>> = {
  EADDRINUSE: 'it is in use',
  EADDRNOTAVAIL: 'this machine has no such address',
};

/** Status and text of an answer to a request that Node cannot read, by the code of its error. */
const BROKEN_REQUESTS: Readonly<Record<string, readonly [status: string, text: string]>> = {
  HPE_HEADER_OVERFLOW: [
    '431 Request Header Fields Too Large',
    `cannot read the headers: ${HEADERS_BYTES_MAX} bytes are possible\n`,
  ],
  ERR_HTTP_REQUEST_TIMEOUT: [
    '408 Request Timeout',
    `cannot wait for the request: ${REQUEST_TIMEOUT_MS / 1000} s are over\n`,
  ],
};
const NO_REQUEST = ['400 Bad Request', 'cannot read the request: it is not HTTP\n'] as const;

/** Writes what was read once in a format. */
export type MetricsWriter = (format: MetricsFormat) => string;

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
   * Listens at `address`. `read` reads for all requests that come within half a second. A socket file that a killed server left
   * is replaced. Throws a SystemError when the kernel refuses.
   */
  static async listen(
    address: ListenAddress,
    read: () => MetricsWriter | Promise<MetricsWriter>,
  ): Promise<MetricsServer> {
    const reading = new PacedReading(async () => new WrittenTexts(await read()), READING_INTERVAL_MS);
    const asked = new WeakSet<Socket>();
    // Other machines may reach any other address, under names that this process cannot know.
    const checkHost = address.kind === 'tcp' && isLoopback(address.host);
    const server = createServer(
      {
        requestTimeout: REQUEST_TIMEOUT_MS,
        headersTimeout: REQUEST_TIMEOUT_MS,
        connectionsCheckingInterval: CHECK_INTERVAL_MS,
        maxHeaderSize: HEADERS_BYTES_MAX,
      },
      (request, response) => {
        asked.add(request.socket);
        // Node's limit of requests alone would leave it to the client to close.
        response.setHeader('Connection', 'close');
        limitTime(request.socket, response);
        if (checkHost && !isLocalHost(request.headers.host)) refuseHost(request, response);
        else void answer(request, response, reading);
      },
    );
    server.maxRequestsPerSocket = CONNECTION_REQUESTS_MAX;
    server.on('clientError', refuseBroken);
    limitConnections(server, CONNECTIONS_MAX, (socket) => asked.has(socket));
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

/** Answers as Node does by default, and with a text. The client may still be sending: what comes then is not answered. */
function refuseBroken(error: NodeJS.ErrnoException, stream: Duplex): void {
  if (stream.writableEnded) return;
  if (!stream.writable) {
    stream.destroy();
    return;
  }
  const [status, text] = BROKEN_REQUESTS[error.code ?? ''] ?? NO_REQUEST;
  const headers = `Content-Type: text/plain; charset=utf-8\r\nContent-Length: ${text.length}\r\nConnection: close`;
  stream.end(`HTTP/1.1 ${status}\r\n${headers}\r\n\r\n${text}`);
  const timer = setTimeout(() => stream.destroy(), ANSWER_TIMEOUT_MS);
  stream.once('close', () => clearTimeout(timer));
}

function limitTime(socket: Socket, response: ServerResponse): void {
  const timer = setTimeout(() => socket.destroy(), ANSWER_TIMEOUT_MS);
  response.once('close', () => clearTimeout(timer));
}

function refuseHost(request: IncomingMessage, response: ServerResponse): void {
  const host = jsonText(request.headers.host ?? '');
  say(response, 403, `cannot answer for host ${host}: localhost, 127.0.0.1 or [::1] is wanted\n`);
}

async function answer(
  request: IncomingMessage,
  response: ServerResponse,
  reading: PacedReading<WrittenTexts>,
): Promise<void> {
  const path = request.url?.split('?', 1)[0];
  if (request.method !== 'GET' && request.method !== 'HEAD') {
    say(response.setHeader('Allow', 'GET, HEAD'), 405, `cannot ${request.method}: GET is possible\n`);
  } else if (path !== PATH) {
    say(response, 404, `cannot find "${path}": there is ${PATH}\n`);
  } else {
    await answerMetrics(request, response, reading);
  }
}

async function answerMetrics(
  request: IncomingMessage,
  response: ServerResponse,
  reading: PacedReading<WrittenTexts>,
): Promise<void> {
  response.setHeader('Vary', 'Accept');
  const format = acceptedFormat(request.headers.accept);
  if (format === undefined) {
    const accept = jsonText(request.headers.accept ?? '');
    say(response, 406, `cannot give ${accept}: there is ${FORMATS.map(contentType).join(', and ')}\n`);
    return;
  }
  let text: Buffer;
  try {
    text = (await reading.next()).of(format);
  } catch (error) {
    // Only this request fails: at the next one the error may be gone.
    say(response, 500, `${error instanceof Error ? error.message : String(error)}\n`);
    return;
  }
  response.setHeader('Content-Type', contentType(format)).end(text);
}

/** The text of one reading in each format that is asked for, written once for all requests. */
class WrittenTexts {
  readonly #write: MetricsWriter;
  readonly #texts = new Map<MetricsFormat, Buffer>();

  constructor(write: MetricsWriter) {
    this.#write = write;
  }

  of(format: MetricsFormat): Buffer {
    const text = this.#texts.get(format) ?? Buffer.from(this.#write(format));
    this.#texts.set(format, text);
    return text;
  }
}

function say(response: ServerResponse, status: number, text: string): void {
  response.statusCode = status;
  response.setHeader('Content-Type', 'text/plain; charset=utf-8').end(printableText(text));
}
