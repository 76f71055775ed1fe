import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, readlinkSync, realpathSync, statSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { ip } from '../../netlink/iproute2.js';
import { serialIfAble } from '../able.js';
import { done, RTAP, run, runWith, start } from '../command.js';
import { eventually } from '../deadline.js';
import { runTool } from '../peer.js';
import { RunningProcess } from '../running-process.js';
import { FlowDevice } from '../sent-flows.js';
import { CountingHolder } from '../sniff/counting-holder.js';
import { startProgramUnprivileged } from '../unprivileged.js';
import { enterWorkspace } from '../workspace.js';
import { makeHome, missingTshark, serial, shownBy } from './wireshark-home.js';

const { directory } = enterWorkspace();
const HOME = makeHome(directory, 'home');

const LONG_QUEUE = ['--txqueuelen', '32767'];
const FIELDS = [
  'frame.interface_name',
  'frame.interface_queue',
  'frame.packet_flags_direction',
  'frame.cap_len',
];
const [INBOUND, OUTBOUND] = ['0x00000001', '0x00000002'];

interface SeenPacket {
  readonly device: string;
  readonly queue: number;
  readonly direction: string;
  readonly length: number;
}

/** Starts tshark with the interfaces of this test's own folder. Its fields are those of `packetsOf`. */
function tshark(...words: readonly string[]): RunningProcess {
  const fields = FIELDS.flatMap((field) => ['-e', field]);
  return new RunningProcess('tshark', ['-l', ...words, '-T', 'fields', ...fields], { env: { HOME } });
}

function packetsOf(stdout: string): SeenPacket[] {
  const lines = stdout.split('\n').filter((line) => line !== '');
  return lines.map((line) => {
    const [device = '', queue, direction = '', length] = line.split('\t');
    return { device, queue: Number(queue), direction, length: Number(length) };
  });
}

/** Processes of this test that capture. Wireshark waits for their end, and kills them after half a minute. */
function captures(): string[] {
  return readdirSync('/proc').filter((pid) => {
    try {
      const isOurs = readlinkSync(`/proc/${pid}/ns/net`) === readlinkSync('/proc/self/ns/net');
      return isOurs && readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes('--capture');
    } catch {
      // It has ended, or is no process.
      return false;
    }
  });
}

test.before('extcap --install puts a program where tshark looks', async () => {
  await runWith({ env: { HOME } }, 'extcap', '--install');
});

serial('tshark shows queue and direction of what passes a device, also if its name has braces', async (t) => {
  for (const [device, named] of [
    ['watch0', 'rtap: watch0'],
    ['w}{0', 'rtap: w}%7B0'],
  ] as const) {
    const flows = await FlowDevice.create(device, { words: LONG_QUEUE });
    const holder = await CountingHolder.start(device, 4);
    const sending = flows.startSending(64, 0, 5000);
    const capture = tshark('-i', named, '-c', '200');
    await eventually(() => {
      void holder.write(4, 4);
      return !capture.running;
    }, 'frames of both directions');
    const outcome = await capture.ended();
    sending.endInput();
    t.deepEqual([outcome.code, shownBy(outcome)], [0, undefined]);
    const packets = packetsOf(outcome.stdout);
    t.is(packets.length, 200);
    t.deepEqual([...new Set(packets.map((packet) => packet.device))], [device]);
    for (const direction of [INBOUND, OUTBOUND]) {
      const queues = new Set(
        packets.filter((packet) => packet.direction === direction).map(({ queue }) => queue),
      );
      t.deepEqual([...queues].sort(), [0, 1, 2, 3]);
    }
    await holder.end();
  }
});

serial('an option of the interface changes what comes', async (t) => {
  const flows = await FlowDevice.create('opts0', { words: LONG_QUEUE });
  const holder = await CountingHolder.start('opts0', 4);
  const sending = flows.startSending(64, 0, 2000);
  const seen = async (...words: readonly string[]) => {
    const { code, stdout } = await tshark('-i', 'rtap-opts0', '-c', '20', ...words).ended();
    t.is(code, 0);
    const packets = packetsOf(stdout);
    t.is(packets.length, 20);
    return packets;
  };
  const queued = await seen('-o', 'extcap.rtap_opts0.queue:1,3');
  t.deepEqual([...new Set(queued.map(({ queue }) => queue))].sort(), [1, 3]);
  const cut = await seen('-o', 'extcap.rtap_opts0.snapshotlength:20');
  t.deepEqual([...new Set(cut.map(({ length }) => length))], [20]);
  const filtered = await seen('-o', 'extcap.rtap_opts0.filter:src port 20001', '-f', 'udp');
  t.is(new Set(filtered.map(({ queue }) => queue)).size, 1);
  const into = tshark('-i', 'rtap-opts0', '-c', '10', '-o', 'extcap.rtap_opts0.direction:in');
  await eventually(() => {
    void holder.write(1, 1);
    return !into.running;
  }, 'ten frames into the kernel');
  const { stdout } = await into.ended();
  t.deepEqual([...new Set(packetsOf(stdout).map(({ direction }) => direction))], [INBOUND]);
  sending.endInput();
  await holder.end();
});

serial('in the mode "take" Wireshark gets the frames, and no other program does', async (t) => {
  const flows = await FlowDevice.create('take0', { words: LONG_QUEUE });
  await done('hold', 'take0', '--detach');
  const capture = tshark('-i', 'rtap: take0', '-c', '20', '-o', 'extcap.rtap_take0.mode:take');
  const leases = await eventually(() => {
    const { leases } = JSON.parse(runTool(RTAP, 'show', 'take0', '--json')) as {
      leases: { queues: number[] }[];
    };
    return leases.length > 0 && leases;
  }, 'the lease of the capture');
  t.deepEqual(
    leases.map(({ queues }) => queues),
    [[0, 1, 2, 3]],
  );
  const sending = flows.startSending(8, 0, 2000);
  const { code, stdout } = await capture.ended();
  sending.endInput();
  t.is(code, 0);
  const packets = packetsOf(stdout);
  t.deepEqual([packets.length, ...new Set(packets.map(({ direction }) => direction))], [20, OUTBOUND]);
  await done('release', 'take0');
});

serial('tshark ends a capture by -c, by -a and by Ctrl-C, and leaves no process', async (t) => {
  const flows = await FlowDevice.create('stop0', { words: LONG_QUEUE });
  const holder = await CountingHolder.start('stop0', 2);
  const sending = flows.startSending(8, 0, 2000);
  for (const [words, signal] of [
    [['-c', '3'], undefined],
    [['-a', 'duration:1'], undefined],
    [[], 'SIGINT'],
  ] as const) {
    // A session of its own is what a terminal would signal as a whole.
    const capture = new RunningProcess('setsid', ['tshark', '-l', '-i', 'rtap: stop0', ...words], {
      env: { HOME },
    });
    await capture.waitFor(/UDP/);
    if (signal !== undefined) process.kill(-capture.pid, signal);
    const outcome = await capture.ended();
    t.deepEqual([outcome.code, shownBy(outcome)], [0, undefined], outcome.stderr);
    t.deepEqual(captures(), []);
  }
  sending.endInput();
  await holder.end();
});

serial('Wireshark shows why a capture fails or ends', async (t) => {
  const flows = await FlowDevice.create('fail0', { words: LONG_QUEUE });
  const holder = await CountingHolder.start('fail0', 2);
  const shown = async (...words: readonly string[]) =>
    shownBy(await tshark('-i', 'rtap: fail0', ...words).ended());
  t.is(
    await shown('-o', 'extcap.rtap_fail0.queue:9x'),
    'rtap: cannot read queues "9x": wanted a form like 2, 0,2 or 1-3, or all',
  );
  t.is(
    await shown('-o', 'extcap.rtap_fail0.queue:7'),
    'rtap: cannot use queue 7: fail0 has 2 queues (0 to 1)',
  );
  t.is(await shown('-o', 'extcap.rtap_fail0.mode:no'), 'rtap: cannot read mode "no": wanted watch or take');
  t.regex((await shown('-f', 'udp portt'))!, /^rtap: cannot use filter "udp portt": .*syntax error$/);
  t.regex(
    (await shown('-f', 'udp)  or (tcp', '-o', 'extcap.rtap_fail0.filter:udp'))!,
    /^rtap: cannot use filter "udp\) {2}or \(tcp": .*syntax error$/,
  );
  t.regex(
    (await shown('-o', 'extcap.rtap_fail0.mode:take'))!,
    /^rtap: cannot attach to "fail0": .*\nhint: watch the frames instead of taking them: Mode in the options of the interface$/,
  );
  const sending = flows.startSending(8, 0, 2000);
  const capture = tshark('-i', 'rtap: fail0');
  await capture.waitFor(/\n/);
  ip('link delete fail0');
  t.is(shownBy(await capture.ended()), 'rtap: cannot go on watching "fail0": the device was deleted');
  sending.endInput();
  await sending.ended();
  await holder.end();
});

serial('Wireshark shows that this user may not watch, and how to get the right', async (t) => {
  await FlowDevice.create('right0', { words: LONG_QUEUE });
  const outcome = await startProgramUnprivileged(['tshark', '-i', 'rtap: right0'], { HOME }).ended();
  t.is(
    shownBy(outcome),
    'rtap: cannot watch "right0": socket(AF_PACKET) failed with EPERM\n' +
      'hint: run Wireshark as root, or grant CAP_NET_RAW to rtap: man rtap-extcap shows how',
  );
});

/** Lets every user run the program with CAP_NET_RAW. Source: include/uapi/linux/capability.h, struct vfs_cap_data. */
const GRANT_NET_RAW = `import os, struct, sys
VFS_CAP_REVISION_2, VFS_CAP_FLAGS_EFFECTIVE, CAP_NET_RAW = 0x02000000, 1, 13
data = struct.pack("<5I", VFS_CAP_REVISION_2 | VFS_CAP_FLAGS_EFFECTIVE, 1 << CAP_NET_RAW, 0, 0, 0)
os.setxattr(sys.argv[1], "security.capability", data)`;

const mountOptions = spawnSync('findmnt', ['-no', 'OPTIONS', '-T', directory], { encoding: 'utf8' }).stdout;
const ungrantable = /\bnosuid\b/.test(mountOptions) ? 'the folder for temporary files has nosuid' : undefined;

serialIfAble(missingTshark ?? ungrantable)('a user watches who has a Node with CAP_NET_RAW', async (t) => {
  const flows = await FlowDevice.create('grant0', { words: LONG_QUEUE });
  const holder = await CountingHolder.start('grant0', 4);
  const sending = flows.startSending(8, 0, 2000);
  const home = makeHome(directory, 'granted');
  const node = join(home, 'node');
  runTool('cp', realpathSync(process.execPath), node);
  runTool('python3', '-c', GRANT_NET_RAW, node);
  runTool('env', `HOME=${home}`, node, RTAP, 'extcap', '--install');
  const user = ['--reuid=65534', '--regid=65534', '--clear-groups', '--inh-caps=-all'];
  const capture = [
    'tshark',
    '-l',
    '-i',
    'rtap: grant0',
    '-c',
    '5',
    '-T',
    'fields',
    '-e',
    'frame.interface_queue',
  ];
  const outcome = await new RunningProcess('setpriv', [...user, ...capture], { env: { HOME: home } }).ended();
  t.deepEqual([outcome.code, shownBy(outcome)], [0, undefined], outcome.stderr);
  t.regex(outcome.stdout, /^([0-3]\n){5}$/);
  sending.endInput();
  await holder.end();
});

serial('Wireshark shows why no frame came, and nothing of that where frames came', async (t) => {
  const flows = await FlowDevice.create('none0', { words: LONG_QUEUE, down: true });
  const outcome = await tshark('-i', 'rtap: none0', '-a', 'duration:1').ended();
  t.is(
    shownBy(outcome),
    'rtap: warning: none0 is down: no frames until you run rtap up none0\n' +
      'rtap: warning: no program has none0 attached, and the kernel sends no frame out of it until one does',
  );
  const capture = tshark('-i', 'rtap: none0', '-c', '3');
  await capture.waitFor(/Capturing on/, 'stderr');
  const holder = await CountingHolder.start('none0', 2);
  ip('link set none0 up');
  flows.settle();
  const sending = flows.startSending(8, 0, 2000);
  const { code, stderr } = await capture.ended();
  t.deepEqual([code, shownBy({ stderr })], [0, undefined]);
  sending.endInput();
  await holder.end();
});

serial('a capture prints how many packets it lacks', async (t) => {
  const flows = await FlowDevice.create('lack0', { words: LONG_QUEUE });
  const holder = await CountingHolder.start('lack0', 4);
  const fifo = join(directory, 'lack.fifo');
  const path = join(directory, 'lack.pcapng');
  runTool('mkfifo', fifo);
  const reader = new RunningProcess('sh', ['-c', 'cat "$1" >"$2"', 'sh', fifo, path]);
  const words = ['--extcap-interface', 'rtap-lack0', '--fifo', fifo, '--buffer-size', '128'];
  const capture = start(['extcap', '--capture', ...words]);
  const first = flows.startSending(1, 0, 20_000);
  const headBytes = 300;
  await eventually(() => existsSync(path) && statSync(path).size > headBytes, 'the first frame');
  first.endInput();
  capture.signal('SIGSTOP');
  await eventually(() => /^State:\tT/m.test(readFileSync(`/proc/${capture.pid}/status`, 'utf8')), 'the stop');
  await flows.send(64, 5000);
  capture.signal('SIGCONT');
  const { code, stdout, stderr } = await capture.stop('SIGTERM');
  await reader.ended();
  t.deepEqual([code, stdout], [0, '']);
  t.regex(
    stderr,
    /^rtap: warning: \d+ packets missing in this capture: the kernel dropped them before rtap could read them\n$/,
  );
  await holder.end();
});

serial('a capture makes no file in place of a pipe that is missing', async (t) => {
  const fifo = join(directory, 'missing.fifo');
  const words = ['--extcap-interface', 'rtap-io0', '--fifo', fifo];
  const { code, stderr } = await start(['extcap', '--capture', ...words]).ended();
  t.is(code, 2);
  t.true(stderr.startsWith(`rtap: cannot write "${fifo}": `), stderr);
  t.false(existsSync(fifo));
});

serial('a capture filter is checked without a capture', async (t) => {
  const check = async (filter: string) => {
    const words = ['--extcap-capture-filter', filter, '--extcap-interface', 'rtap-io0'];
    const { code, stdout, stderr } = await run('extcap', ...words);
    return [code, stderr, stdout];
  };
  t.deepEqual(await check('tcp port 80'), [0, '', '']);
  t.deepEqual(await check('inbound'), [0, '', '']);
  t.deepEqual(await check('vlan 5'), [0, '', '']);
  const [code, stderr, fault] = await check('tcp portt');
  t.deepEqual([code, stderr], [0, '']);
  t.regex(String(fault), /^cannot use filter "tcp portt": .*syntax error\n$/);
});
