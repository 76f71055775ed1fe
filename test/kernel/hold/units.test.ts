import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import test from 'ava';
import { frameOf } from '../capture.js';
import { done, json, RTAP, start } from '../command.js';
import { findIpLink, ipLink } from '../ip-link.js';
import { RunningProcess } from '../running-process.js';
import { enterWorkspace } from '../workspace.js';

// The units under a real systemd are in systemd.test.ts. Here their commands run where no systemd can be booted.
const workspace = enterWorkspace();

const [DEVICE = '', SERVICE = ''] = ['rtap', 'rtap-hold'].map((name) =>
  readFileSync(fileURLToPath(new URL(`../../../examples/${name}@.service`, import.meta.url)), 'utf8'),
);

interface View {
  readonly holder: { readonly pid: number } | null;
}

/** The words of a unit's command line for the device `name`, without the program. */
function commandOf(unit: string, key: string, name: string): string[] {
  const [, line = ''] = new RegExp(`^${key}=rtap (.*)$`, 'm').exec(unit) ?? [];
  return line.replaceAll('%i', name).replace(' $OPTIONS', '').split(' ');
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

test('the unit of a device makes it, and the unit of its holder serves a socket', async (t) => {
  await done(...commandOf(DEVICE, 'ExecStart', 'sock0'));
  t.like(ipLink('sock0').linkinfo.info_data, { persist: true });
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

test('the unit of the holder works without a socket', async (t) => {
  await done(...commandOf(DEVICE, 'ExecStart', 'serve0'));
  const holder = start(commandOf(SERVICE, 'ExecStart', 'serve0'));
  await holder.waitFor(/^serve0: ready, 4 queues$/m);
  t.like(await json<View>('show', 'serve0'), { holder: { pid: holder.pid } });
  t.is((await holder.stop()).code, 0);
  await done(...commandOf(DEVICE, 'ExecStop', 'serve0'));
  t.is(findIpLink('serve0'), undefined);
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
