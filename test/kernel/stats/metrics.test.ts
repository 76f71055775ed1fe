import { once } from 'node:events';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import test from 'ava';
import { ip } from '../../netlink/iproute2.js';
import { frameOf } from '../capture.js';
import { done, RTAP, refusal, start } from '../command.js';
import { eventually } from '../deadline.js';
import { fetchMetrics, sampleValue } from '../open-metrics.js';
import { runTool, startPeer } from '../peer.js';
import { startUnprivileged } from '../unprivileged.js';
import { enterWorkspace } from '../workspace.js';

const { directory } = enterWorkspace();
ip('link set lo up');

const UNIT = fileURLToPath(new URL('../../../examples/rtap-metrics.service', import.meta.url));

function devicesOf(families: Awaited<ReturnType<typeof fetchMetrics>>): string[] {
  const family = families.find(({ name }) => name === 'rtap_missed_packets');
  return family!.samples.map(({ labels }) => labels.device!);
}

test.serial('metrics serves every TAP at a local port, as they come and go', async (t) => {
  await done('create', 'first0', '--persist', '--up', '--queues', '2');
  const server = start(['metrics', '--listen', '127.0.0.1:0']);
  const [, url] = await server.waitFor(/^metrics: listening on (http:.*)$/m, 'stderr');
  t.deepEqual(devicesOf(await fetchMetrics(url!)), ['first0']);
  await done('create', 'second0', '--persist');
  await done('tx-inject', 'first0', '-q', '1', '--hex', frameOf(1), '--count', '7');
  const families = await fetchMetrics(url!);
  t.deepEqual(devicesOf(families), ['first0', 'second0']);
  const labels = { device: 'first0', queue: '1', direction: 'tx' };
  t.is(sampleValue(families, 'rtap_packets_total', labels), 7);
  await done('delete', 'second0');
  t.deepEqual(devicesOf(await fetchMetrics(url!)), ['first0']);
  const curl = (...words: string[]) =>
    runTool('curl', '-s', '-o', '/dev/null', '-w', '%{http_code}', ...words);
  t.is(curl(url!), '200');
  t.is(curl('-I', url!), '200');
  t.is(curl('-X', 'POST', url!), '405');
  t.is(curl(url!.replace('/metrics', '/')), '404');
  // Clients that send nothing, half a request or nonsense delay neither the other clients nor the end.
  const sockets = ['', 'GET /metrics HTT', 'nonsense\r\n\r\n'].map((text) => {
    const socket = connect({ port: Number(new URL(url!).port), host: '127.0.0.1' });
    socket.on('error', () => {});
    socket.write(text);
    return socket;
  });
  await Promise.all(sockets.map((socket) => once(socket, 'connect')));
  t.deepEqual(devicesOf(await fetchMetrics(url!)), ['first0']);
  const { code, stdout } = await server.stop('SIGINT');
  t.deepEqual([code, stdout], [0, '']);
});

test.serial('metrics serves the named devices at a Unix socket, and removes it at the end', async (t) => {
  await done('create', 'named0', '--persist', '--up');
  await done('create', 'other0', '--persist');
  const path = join(directory, 'metrics.sock');
  const words = ['metrics', 'named0', '--listen', `unix:${path}`];
  const killed = start(words);
  await killed.waitFor(/listening/, 'stderr');
  await killed.stop('SIGKILL');
  t.true(existsSync(path), 'left behind');
  const server = start(words);
  await server.waitFor(/^metrics: listening on unix:/m, 'stderr');
  t.deepEqual(devicesOf(await fetchMetrics(`unix:${path}`)), ['named0']);
  t.deepEqual(await refusal(...words), [2, `rtap: cannot listen on "unix:${path}": it is in use`]);
  t.deepEqual(devicesOf(await fetchMetrics(`unix:${path}`)), ['named0'], 'goes on');
  await done('delete', 'named0');
  for (let again = 0; again < 2; again++) t.deepEqual(devicesOf(await fetchMetrics(`unix:${path}`)), []);
  await done('create', 'named0', '--persist');
  t.deepEqual(devicesOf(await fetchMetrics(`unix:${path}`)), ['named0']);
  ip('link set named0 name renamed0');
  t.deepEqual(devicesOf(await fetchMetrics(`unix:${path}`)), []);
  const { code, stderr } = await server.stop('SIGTERM');
  t.is(code, 0);
  // One line each time that it goes.
  t.is(stderr.split('rtap: warning: named0 was deleted or renamed: its series end\n').length - 1, 2);
  await eventually(() => !existsSync(path), 'the socket to be removed');
});

test.serial('metrics notifies a service manager when it listens, and when it ends', async (t) => {
  const words = [join(directory, 'notify'), RTAP, 'metrics', '--listen', '127.0.0.1:0'];
  const { code, stdout, stderr } = await startPeer('notify_socket.py', words).ended();
  t.deepEqual([code, stdout], [0, 'READY=1 MAINPID=PID\nSTOPPING=1\n']);
  t.regex(stderr, /^metrics: listening on http:.*\n$/);
});

test.serial('systemd finds no fault with the unit of metrics, whose command serves', async (t) => {
  const unit = readFileSync(UNIT, 'utf8');
  const path = join(directory, basename(UNIT));
  writeFileSync(path, unit.replaceAll('=rtap ', `=${RTAP} `));
  t.is(runTool('systemd-analyze', 'verify', '--man=no', path), '');
  const [, words = ''] = /^ExecStart=rtap (.*) \$OPTIONS$/m.exec(unit) ?? [];
  const [, address = ''] = /^Environment=ADDRESS=(.*)$/m.exec(unit) ?? [];
  const server = start(words.replace(/\$\{ADDRESS\}/, address).split(' '));
  const [, url] = await server.waitFor(/^metrics: listening on (http:.*)$/m, 'stderr');
  t.is(url, 'http://127.0.0.1:9177/metrics');
  await fetchMetrics(url!);
  t.is((await server.stop('SIGTERM')).code, 0);
});

test.serial('a user without root can run metrics', async (t) => {
  await done('create', 'plain0', '--persist', '--up');
  await done('tx-inject', 'plain0', '--hex', frameOf(1), '--count', '3');
  const server = startUnprivileged(['metrics', 'plain0', '--listen', '127.0.0.1:0']);
  const [, url] = await server.waitFor(/^metrics: listening on (http:.*)$/m, 'stderr');
  const labels = { device: 'plain0', queue: '0', direction: 'tx' };
  t.is(sampleValue(await fetchMetrics(url!), 'rtap_packets_total', labels), 3);
  const { code } = await server.stop();
  t.is(code, 0);
});

test.serial(
  'metrics refuses addresses that it cannot serve, and removes no file of another program',
  async (t) => {
    const file = join(directory, 'file');
    writeFileSync(file, 'mine');
    const rows = [
      [1, /^rtap: cannot run without option "--listen <address>"/],
      [1, /^rtap: cannot listen on "0.0.0.0:9177": other machines can reach it/, '--listen', '0.0.0.0:9177'],
      [1, /^rtap: cannot listen on "9177": wanted a form like/, '--listen', '9177'],
      [2, /^rtap: cannot read "absent0": there is no such device/, 'absent0', '--listen', '127.0.0.1:0'],
      [2, /^rtap: cannot listen on ".*": it is there, and no socket/, '--listen', `unix:${file}`],
      [2, /^rtap: cannot listen on ".*ENOENT/, '--listen', `unix:${directory}/absent/socket`],
      [
        2,
        /^rtap: cannot listen on ".*": this machine has no such address/,
        '--remote',
        '--listen',
        '192.0.2.1:9177',
      ],
    ] as const;
    for (const [code, pattern, ...words] of rows) {
      const [status, line] = await refusal('metrics', ...words);
      t.is(status, code, line);
      t.regex(line!, pattern);
    }
    t.true(existsSync(file));
  },
);
