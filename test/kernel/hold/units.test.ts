import { readFileSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import test from 'ava';
import { frameOf } from '../capture.js';
import { done, json, RTAP, start } from '../command.js';
import { findIpLink, ipLink } from '../ip-link.js';
import { RunningProcess } from '../running-process.js';
import { enterWorkspace } from '../workspace.js';

const workspace = enterWorkspace();

const UNITS = ['service', 'socket'].map((kind) =>
  fileURLToPath(new URL(`../../../examples/rtap-hold@.${kind}`, import.meta.url)),
);
const [SERVICE = '', SOCKET = ''] = UNITS.map((path) => readFileSync(path, 'utf8'));

interface View {
  readonly holder: { readonly pid: number } | null;
}

/** The words of a unit's command line for the device `name`, without the program. */
function commandOf(unit: string, key: string, name: string): string[] {
  const [, line = ''] = new RegExp(`^${key}=rtap (.*)$`, 'm').exec(unit) ?? [];
  return line.replaceAll('%i', name).split(' ');
}

/** As systemd starts the service by its socket. */
async function activate(name: string, words: readonly string[]): Promise<RunningProcess> {
  const path = join(workspace.runtime, `${name}.socket`);
  const options = ['--seqpacket', '-E', 'RTAP_RUNTIME_DIR', `--listen=${path}`];
  const activation = new RunningProcess('systemd-socket-activate', [...options, RTAP, ...words]);
  await activation.waitFor(/Listening on/, 'stderr');
  return activation;
}

const GREETING = `
import socket, sys
with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as user:
    user.connect(sys.argv[1])
    print(user.recv(65536).decode())
`;

/** The greeting of the holder that serves systemd's socket of the device `name`. */
async function greeting(name: string): Promise<Record<string, unknown>> {
  const words = ['-c', GREETING, join(workspace.runtime, `${name}.socket`)];
  return JSON.parse((await new RunningProcess('python3', words).ended()).stdout) as Record<string, unknown>;
}

test('systemd finds no fault with the units', async (t) => {
  for (const path of UNITS) {
    const unit = readFileSync(path, 'utf8').replaceAll('=rtap ', `=${RTAP} `);
    writeFileSync(join(workspace.directory, basename(path)), unit);
  }
  for (const path of UNITS) {
    const words = ['verify', '--man=no', join(workspace.directory, basename(path))];
    const { code, stdout, stderr } = await new RunningProcess('systemd-analyze', words).ended();
    t.deepEqual([code, stdout, stderr], [0, '', ''], basename(path));
  }
});

test('the socket unit makes the device, and the service unit serves its socket', async (t) => {
  await done(...commandOf(SOCKET, 'ExecStartPre', 'sock0'));
  t.like(ipLink('sock0').linkinfo.info_data, { persist: true });
  await done(...commandOf(SERVICE, 'ExecStartPre', 'sock0'));
  const activation = await activate('sock0', commandOf(SERVICE, 'ExecStart', 'sock0'));
  const reader = start(['rx-dump', 'sock0', '-q', '1']);
  await reader.waitFor(/listening/, 'stderr');
  t.like(await json<View>('show', 'sock0'), { holder: { pid: activation.pid }, unread: [0, 2, 3] });
  // After a reload, the holder still serves the socket.
  await done(...commandOf(SERVICE, 'ExecReload', 'sock0'));
  t.is((await activation.ended()).code, 0);
  const successor = (await json<View>('show', 'sock0')).holder!;
  t.not(successor.pid, activation.pid);
  t.like(await greeting('sock0'), { holder: { pid: successor.pid } });
  await done('release', 'sock0');
  await reader.stop();
});

test('the service unit works without the socket unit', async (t) => {
  await done(...commandOf(SERVICE, 'ExecStartPre', 'serve0'));
  const holder = start(commandOf(SERVICE, 'ExecStart', 'serve0'));
  await holder.waitFor(/^serve0: ready, 4 queues$/m);
  t.like(await json<View>('show', 'serve0'), { holder: { pid: holder.pid } });
  t.is((await holder.stop()).code, 0);
});

test('create in the foreground serves a socket of systemd', async (t) => {
  const activation = await activate('made0', ['create', 'made0', '--queues', '2']);
  t.is(findIpLink('made0'), undefined);
  t.like(await greeting('made0'), { device: 'made0', queues: 2, holder: { pid: activation.pid } });
  await done('release', 'made0');
  t.is((await activation.ended()).code, 0);
  t.is(findIpLink('made0'), undefined);
});

test('hold --detach refuses a socket that is handed over, since no process would serve it', async (t) => {
  await done('create', 'det0', '--persist', '--up');
  const activation = await activate('det0', ['hold', 'det0', '--detach']);
  const user = start(['tx-inject', 'det0', '--hex', frameOf(1)]);
  const { code, stderr } = await activation.ended();
  t.is(code, 1);
  t.regex(
    stderr,
    /cannot use "--detach" with --socket-activation: systemd keeps the holder in the background/,
  );
  await user.stop('SIGKILL');
});
