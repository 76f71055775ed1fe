import { spawnSync } from 'node:child_process';
import { copyFileSync, cpSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import test from 'ava';
import { frameOf } from '../capture.js';
import { done, json, RTAP, start } from '../command.js';
import { findIpLink, ipLink } from '../ip-link.js';
import { runTool } from '../peer.js';
import { RunningProcess } from '../running-process.js';
import { enterWorkspace } from '../workspace.js';

// The units under a real systemd are in systemd.test.ts. Here their commands run where no systemd can be booted.
const workspace = enterWorkspace();

const EXAMPLES = fileURLToPath(new URL('../../../examples/', import.meta.url));
const [DEVICE = '', SERVICE = ''] = ['rtap', 'rtap-hold'].map((name) =>
  readFileSync(join(EXAMPLES, `${name}@.service`), 'utf8'),
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

const UNITS = ['rtap@', 'rtap-hold@', 'rtap-metrics'].map((name) => `${name}.service`);
const SOCKET = 'rtap-hold@.socket';
/** As that of firewalld: it starts with the usual services, and before the network. */
const FIREWALL = `
[Unit]
Wants=network-pre.target
Before=network-pre.target
[Service]
Type=oneshot
ExecStart=true
[Install]
WantedBy=multi-user.target
`;
const ENABLED = [
  'rtap@io0.service',
  'rtap-hold@io0.service',
  'rtap-hold@io0.socket',
  'rtap-metrics.service',
  'firewall.service',
];

/** What systemd-analyze finds in a machine that starts all units at boot, with `socket` as the unit of the socket. */
function verifyBoot(root: string, socket: string): string {
  const folder = join(root, 'etc/systemd/system');
  mkdirSync(folder, { recursive: true });
  mkdirSync(join(root, 'usr/lib/systemd'), { recursive: true });
  symlinkSync('usr/lib', join(root, 'lib'));
  cpSync('/lib/systemd/system', join(root, 'usr/lib/systemd/system'), {
    recursive: true,
    verbatimSymlinks: true,
  });
  for (const unit of UNITS) copyFileSync(join(EXAMPLES, unit), join(folder, unit));
  writeFileSync(join(folder, SOCKET), socket);
  writeFileSync(join(folder, 'firewall.service'), FIREWALL);
  runTool('systemctl', '--quiet', '--root', root, 'enable', ...ENABLED);
  const words = ['--root', root, '--man=no', 'verify', 'multi-user.target'];
  return spawnSync('systemd-analyze', words, { encoding: 'utf8' }).stderr;
}

test('the units need no unit before itself when the machine starts', (t) => {
  const socket = readFileSync(join(EXAMPLES, SOCKET), 'utf8');
  t.notRegex(verifyBoot(join(workspace.directory, 'boot'), socket), /cycle/);
  // This machine would find one.
  const usual = socket.replace('DefaultDependencies=no\n', '');
  t.regex(verifyBoot(join(workspace.directory, 'cycle'), usual), /Found ordering cycle/);
});

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
