import { once } from 'node:events';
import { get } from 'node:http';
import { connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import { MetricsServer } from '../../../src/cli/metrics/metrics-server.js';
import { withDeadline } from '../../kernel/deadline.js';

const LOCAL = { kind: 'tcp', host: '127.0.0.1', port: 0 } as const;
const REQUEST = 'GET /metrics HTTP/1.1\r\nHost: localhost\r\n\r\n';

function portOf({ place }: MetricsServer): number {
  return Number(new URL(place).port);
}

function open(port: number): Socket {
  // The server may close it at any time.
  return connect({ host: '127.0.0.1', port }).on('error', () => {});
}

/** Sends `text` and returns all that comes back until the server closes. */
async function exchange(socket: Socket, text: string): Promise<string> {
  const chunks: Buffer[] = [];
  socket.on('data', (chunk: Buffer) => chunks.push(chunk));
  socket.write(text);
  await withDeadline(once(socket, 'close'), 'the server to close');
  return Buffer.concat(chunks).toString();
}

/** Status and text of the answer to a request with these headers. */
async function ask(options: object): Promise<[number | undefined, string]> {
  const request = get({ path: '/metrics', ...options });
  const [response] = await withDeadline(once(request, 'response'), 'an answer');
  let text = '';
  for await (const chunk of response) text += String(chunk);
  return [response.statusCode, text];
}

test('MetricsServer answers one request of a connection when 2000 come at once, and makes the text once', async (t) => {
  let made = 0;
  using server = await MetricsServer.listen(LOCAL, () => {
    made += 1;
    return () => 'x'.repeat(1_000_000);
  });
  const answer = await exchange(open(portOf(server)), REQUEST.repeat(2000));
  t.is(made, 1);
  t.is(answer.split('HTTP/1.1 200 OK').length - 1, 1);
  t.true(answer.length < 2_000_000);
  t.regex(answer, /^Connection: close\r$/im);
});

test('MetricsServer answers a client while 1000 others have sent half a request', async (t) => {
  using server = await MetricsServer.listen(LOCAL, () => () => 'text');
  const port = portOf(server);
  const slow = Array.from({ length: 1000 }, () => {
    const socket = open(port);
    socket.write('GET /metrics HTTP/1.1\r\nHost: local');
    return socket;
  });
  await Promise.all(slow.map((socket) => once(socket, 'connect')));
  const answered = ask({ host: '127.0.0.1', port });
  t.deepEqual(await answered, [200, 'text']);
  t.true(
    slow.some((socket) => !socket.closed),
    'before the server has closed them for their slowness',
  );
  for (const socket of slow) socket.destroy();
});

test('MetricsServer closes a connection when its request does not arrive', async (t) => {
  using server = await MetricsServer.listen(LOCAL, () => () => 'text');
  const [half, silent] = [open(portOf(server)), open(portOf(server))];
  t.regex(
    await exchange(half, 'GET /metrics HTT'),
    /^HTTP\/1.1 408 .*\r\n\r\ncannot wait for the request: 5 s are over\n$/s,
  );
  t.regex(await exchange(silent, ''), /^(HTTP\/1.1 408 |$)/);
});

test('MetricsServer says what it cannot read of a request', async (t) => {
  using server = await MetricsServer.listen(LOCAL, () => () => 'text');
  const headers = { 'X-Long': 'x'.repeat(9000) };
  t.deepEqual(await ask({ host: '127.0.0.1', port: portOf(server), headers }), [
    431,
    'cannot read the headers: 8192 bytes are possible\n',
  ]);
  const nonsense = await exchange(open(portOf(server)), 'nonsense\r\n\r\n');
  t.regex(nonsense, /^HTTP\/1.1 400 .*\r\n\r\ncannot read the request: it is not HTTP\n$/s);
});

test('MetricsServer answers 403 over TCP when Host is not that of the loopback', async (t) => {
  using server = await MetricsServer.listen(LOCAL, () => () => 'text');
  const port = portOf(server);
  for (const host of ['localhost', 'localhost:1', '127.9.9.9:80', '[::1]:80'])
    t.deepEqual(await ask({ host: '127.0.0.1', port, headers: { Host: host } }), [200, 'text'], host);
  const [status, text] = await ask({ host: '127.0.0.1', port, headers: { Host: 'evil.example' } });
  t.is(status, 403);
  t.is(text, 'cannot answer for host "evil.example": localhost, 127.0.0.1 or [::1] is wanted\n');
  t.regex(await exchange(open(port), 'GET /metrics HTTP/1.0\r\n\r\n'), /^HTTP\/1.1 403 /);
});

test('MetricsServer compares no Host on a Unix socket, or at an address that other machines reach', async (t) => {
  const path = join(tmpdir(), `rtap-metrics-${process.pid}.sock`);
  const headers = { Host: 'metrics.example' };
  {
    using _server = await MetricsServer.listen({ kind: 'unix', path }, () => () => 'text');
    t.deepEqual(await ask({ socketPath: path, headers }), [200, 'text']);
  }
  using server = await MetricsServer.listen({ ...LOCAL, host: '0.0.0.0' }, () => () => 'text');
  t.deepEqual(await ask({ host: '127.0.0.1', port: portOf(server), headers }), [200, 'text']);
});

test('MetricsServer gives the format that Accept wants, and says so', async (t) => {
  using server = await MetricsServer.listen(LOCAL, () => (format) => format);
  const port = portOf(server);
  const ofAccept = async (accept: string) => {
    const request = get({ host: '127.0.0.1', port, path: '/metrics', headers: { Accept: accept } });
    const [response] = await withDeadline(once(request, 'response'), 'an answer');
    let text = '';
    for await (const chunk of response) text += String(chunk);
    return [response.statusCode, response.headers['content-type'], response.headers.vary, text];
  };
  t.deepEqual(await ofAccept('text/plain;version=0.0.4'), [
    200,
    'text/plain; version=0.0.4; charset=utf-8',
    'Accept',
    'prometheus',
  ]);
  t.deepEqual(await ofAccept('*/*'), [
    200,
    'application/openmetrics-text; version=1.0.0; charset=utf-8',
    'Accept',
    'openmetrics',
  ]);
  t.deepEqual(await ofAccept('application/json'), [
    406,
    'text/plain; charset=utf-8',
    'Accept',
    'cannot give "application/json": there is application/openmetrics-text; version=1.0.0; charset=utf-8, and text/plain; version=0.0.4; charset=utf-8\n',
  ]);
});
