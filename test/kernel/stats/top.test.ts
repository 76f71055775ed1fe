// biome-ignore-all lint/suspicious/noControlCharactersInRegex: colours are what is looked for
import { readFileSync, rmSync } from 'node:fs';
import { constants } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import { ip } from '../../netlink/iproute2.js';
import { done, RTAP, runProcess, start } from '../command.js';
import { startOnTerminal } from '../on-terminal.js';
import { startPeer } from '../peer.js';
import { FlowDevice } from '../sent-flows.js';
import { Tmux } from '../tmux.js';
import { enterWorkspace } from '../workspace.js';

const { directory } = enterWorkspace();

const TOP = `'${RTAP}' top --interval 0.1`;
const ENDED = /^\$$/m;

/** Rows that follow the title of a device. */
function rowsOf(screen: string, name: string): string[] {
  const lines = screen.split('\n');
  const first = lines.findIndex((line) => line.startsWith(`${name} `));
  const rows = lines.slice(first + 1);
  return rows.slice(
    0,
    rows.findIndex((line) => !/^ *\d/.test(line)),
  );
}

test.serial(
  'top draws rates, readers and missed packets of several devices, as wide as the terminal',
  async (t) => {
    const device = await FlowDevice.create('busy0', { words: ['--queues', '2', '--txqueuelen', '10'] });
    await done('create', 'idle0', '--persist', '--queues', '1');
    await done('hold', 'busy0', '--detach');
    const reader = start(['rx-dump', 'busy0', '-q', '0', '-w', '/dev/null']);
    await reader.waitFor(/listening/, 'stderr');
    const sender = device.startSending(20, 0, 1000);
    const terminal = await Tmux.open(directory, { columns: 100, rows: 20 });
    terminal.type(TOP);
    const screen = await terminal.waitFor(/^ +0 +[1-9][\d.]* k?pps .*rx-dump \(\d+\)/m);
    t.regex(screen, /^2 devices: missed [\d.]+ k?pps, rx [\d.]+ k?pps, /m);
    t.regex(screen, /^QUEUE +RX PACKETS +TX PACKETS +SHARE +HISTORY +READER$/m);
    // Two flows in three or so wait for queue 1, which no process reads.
    await terminal.waitFor(/^busy0 missed [1-9][\d.]* k?pps, .* \(queue 1 has no reader\)$/m);
    await terminal.waitFor(/^ +1 +0 pps .*no reader$/m);
    await terminal.waitFor(/^ +0 .* 100% +#{5,} +[▁-█]{3,} +rx-dump \(\d+\)$/m);
    t.regex(terminal.screen({ colours: true }), /\x1b\[31mmissed [1-9]/);
    terminal.resize(40, 8);
    const small = await terminal.waitFor(/^QUE RX PACKETS TX PACKETS HISTO READER$/m);
    t.true(small.split('\n').every((line) => line.length <= 40));
    await terminal.waitFor(/^idle0 .*\n +0 +0 pps/m);
    terminal.resize(120, 20);
    await terminal.waitFor(/RX BITS .*READER/);
    sender.endInput();
    await sender.ended();
    await terminal.waitFor(/^2 devices: missed 0 pps, rx 0 pps, 0 bit\/s/m);
    terminal.press('q');
    await terminal.waitFor(ENDED);
    await reader.stop();
    await done('release', 'busy0');
    await done('delete', 'busy0', 'idle0');
  },
);

test.serial(
  'top shows the busiest queues first when there are more than fit, and keys choose the order',
  async (t) => {
    await done('create', 'keys0', '--persist', '--up', '--queues', '8');
    const sender = start([
      'tx-inject',
      'keys0',
      '-q',
      '5',
      '--udp',
      '10.0.0.1:1-10.0.0.2:2',
      '--rate',
      '500',
      '-l',
      '0',
    ]);
    const terminal = await Tmux.open(directory, { columns: 80, rows: 8 });
    terminal.type(`${TOP} keys0`);
    const screen = await terminal.waitFor(/^keys0 .*\n +5 +0 pps +[1-9]/m);
    t.is(rowsOf(screen, 'keys0').length, 4);
    t.regex(screen, /^5 more queues$/m);
    t.regex(screen, /order: automatic/);
    terminal.press('Left');
    await terminal.waitFor(/order: number[\s\S]*/);
    await terminal.waitFor(/^keys0 .*\n +0 .*\n +1 /m);
    terminal.press('Up');
    await terminal.waitFor(/^keys0 .*\n +7 .*\n +6 [\s\S]*order: number, reversed/m);
    terminal.press('Down');
    terminal.press('s', 'Right');
    await terminal.waitFor(/^keys0 .*\n +5 [\s\S]*order: busiest /m);
    // Keys without a meaning do nothing, and none is echoed.
    terminal.press('x', 'F5');
    terminal.resize(80, 20);
    const whole = await terminal.waitFor(/^(keys0 .*)\n( +\d .*\n){8}/m);
    t.false(/[x~]\s*$/m.test(whole));
    terminal.press('q');
    await terminal.waitFor(ENDED);
    await sender.stop();
    await done('delete', 'keys0');
  },
);

test.serial('top leaves the terminal as it was however it ends', async (t) => {
  await done('create', 'end0', '--persist');
  const terminal = await Tmux.open(directory, { columns: 80, rows: 20 });
  let marks = 0;
  const readSettings = async () => {
    marks += 1;
    terminal.type(`clear; echo "<$(stty -g)>"; echo mark${marks}`);
    const screen = await terminal.waitFor(new RegExp(`^mark${marks}$`, 'm'));
    return /<([0-9a-f:\n]+)>/.exec(screen)?.[1];
  };
  const before = await readSettings();
  t.truthy(before);
  const file = join(directory, 'pid');
  const startTop = async () => {
    rmSync(file, { force: true });
    terminal.type(`sh -c 'echo $$ >${file}; exec ${RTAP} top --interval 0.1'; echo status $?`);
    await terminal.waitFor(/^end0 /m);
    return Number(readFileSync(file, 'utf8'));
  };
  const { SIGQUIT, SIGABRT, SIGALRM, SIGUSR1, SIGUSR2 } = constants.signals;
  const killing = { SIGQUIT, SIGABRT, SIGALRM, SIGUSR1, SIGUSR2 };
  const rows: (readonly [end: (pid: number) => void, status: number])[] = [
    ...['q', 'C-c'].map((key) => [() => terminal.press(key), 0] as const),
    ...(['SIGINT', 'SIGTERM', 'SIGHUP'] as const).map(
      (signal) => [(pid: number) => process.kill(pid, signal), 0] as const,
    ),
    // A shell adds 128 to the number of the signal that ended a command.
    ...Object.entries(killing).map(
      ([signal, number]) => [(pid: number) => process.kill(pid, signal), 128 + number] as const,
    ),
  ];
  for (const [end, status] of rows) {
    end(await startTop());
    const screen = await terminal.waitFor(new RegExp(`^status ${status}$`, 'm'));
    // What was there before is there again.
    t.regex(screen, new RegExp(`^mark${marks}$`, 'm'));
    t.is(await readSettings(), before);
  }
  await done('delete', 'end0');
});

test.serial(
  'top ends at a signal when the terminal takes nothing, and skips what it would draw',
  async (t) => {
    await done('create', 'full0', '--persist');
    const terminal = startPeer('unread_terminal.py', [RTAP, 'top', '--interval', '0.01']);
    t.is((await terminal.ended()).stdout, 'ended 0\n');
    await done('delete', 'full0');
  },
);

test.serial('top gives the terminal back while it is stopped, and draws again when it goes on', async (t) => {
  await done('create', 'stop0', '--persist');
  const terminal = await Tmux.open(directory, { columns: 100, rows: 20 });
  terminal.type('clear; stty -g; echo mark0');
  const [settings] = (await terminal.waitFor(/^mark0$/m)).split('\n');
  for (const round of [1, 2]) {
    terminal.type(round === 1 ? TOP : 'fg');
    await terminal.waitFor(/^stop0 /m);
    terminal.press('C-z');
    t.regex(await terminal.waitFor(/Stopped/), new RegExp(`^mark${round - 1}$`, 'm'));
    terminal.type(`clear; stty -g; echo mark${round}`);
    t.is((await terminal.waitFor(new RegExp(`^mark${round}$`, 'm'))).split('\n')[0], settings);
  }
  terminal.type('fg');
  await terminal.waitFor(/^stop0 /m);
  terminal.press('q');
  await terminal.waitFor(ENDED);
  await done('delete', 'stop0');
});

test.serial('top shows devices that are made, and names those that were given and are gone', async (t) => {
  const terminal = await Tmux.open(directory, { columns: 80, rows: 20 });
  await done('create', 'one0', '--persist');
  terminal.type(TOP);
  await terminal.waitFor(/^one0 /m);
  await done('create', 'two0', '--persist');
  await terminal.waitFor(/^two0 /m);
  ip('link set one0 down', 'link set one0 name new0');
  await terminal.waitFor(/^new0 /m);
  await done('delete', 'two0');
  await terminal.waitFor(/^1 device: [\s\S]*^new0 /m);
  t.notRegex(terminal.screen(), /two0|one0/);
  terminal.press('q');
  await terminal.waitFor(ENDED);
  terminal.type(`clear; NO_COLOR=1 ${TOP} new0`);
  await terminal.waitFor(/^new0 /m);
  t.notRegex(terminal.screen({ colours: true }), /\x1b\[[1-9]/);
  await done('delete', 'new0');
  await terminal.waitFor(/^new0 is gone$/m);
  await done('create', 'new0', '--persist', '--queues', '6');
  await terminal.waitFor(/^new0 missed .*\n( +\d .*\n){6}/m);
  terminal.press('q');
  await terminal.waitFor(ENDED);
  await done('delete', 'new0');
});

test.serial('top needs a terminal, and a device that exists', async (t) => {
  const { code, stderr } = await runProcess('top', 'some0');
  t.is(code, 1);
  t.is(
    stderr,
    'rtap: cannot run "top": standard output is not a terminal\nhint: print rates line by line: rtap stats some0 --watch\n',
  );
  for (const [type, command, line] of [
    ['dumb', 'top', 'rtap: cannot run "top": the terminal cannot move its cursor'],
    ['xterm', 'top absent0', 'rtap: cannot watch "absent0": there is no such device'],
    ['xterm', 'top --interval 0', 'rtap: cannot use interval "0": 0.01 s or more are possible'],
  ]) {
    const outcome = await startOnTerminal(`'${RTAP}' ${command}`, { env: { TERM: type } }).ended();
    t.true(outcome.stdout.startsWith(line!), outcome.stdout);
    t.false(outcome.stdout.includes('\x1b'));
  }
});
