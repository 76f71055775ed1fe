import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { ip } from '../../netlink/iproute2.js';
import { captureOf } from '../capture.js';
import { done, run, start } from '../command.js';
import { ipLink } from '../ip-link.js';
import { PacketSocket, runTool } from '../peer.js';
import { enterWorkspace } from '../workspace.js';

const { directory } = enterWorkspace();

const UDP = '10.0.0.1:40000-10.0.0.2:50000';
const UDP6 = '[2001:db8::1]:40000-[2001:db8::2]:50000';
const ELSEWHERE = ['--dst-mac', '02:00:00:00:00:09'];

/** Templates of every kind, and what tcpdump prints for each. */
const TEMPLATES: readonly (readonly [words: readonly string[], frames: number])[] = [
  [['--udp', UDP, '--size', '64'], 1],
  [['--udp', UDP, '--vlan', '7', '--vary', 'src-ip=10.0.0.250..10.0.1.5', '--payload', 'odd'], 12],
  [['--udp', UDP6, '--vary', 'src-port=65530..65535', '--vary', 'dst-ip=2001:db8::fffe..2001:db8::1:2'], 6],
  [['--udp', UDP, '--vary', 'vlan=4090..4094', '--stamp'], 5],
  [['--tcp', UDP, '--tcp-flags', 'P.', '--vary', 'seq=65534..65540', '--payload-hex', '01 02 03'], 7],
  [['--tcp', UDP6, '--stamp', '--vary', 'src-mac=02:00:00:00:00:ff..02:00:00:00:01:01', '--size', '301'], 3],
  [['--icmp', '10.0.0.1-10.0.0.2', '--vary', 'seq=1..3', '--vary', 'id=9', '--stamp', '--ttl', '3'], 3],
  [['--icmp', '2001:db8::1-2001:db8::2', '--vary', 'src-ip=2001:db8::1..2001:db8::3'], 3],
  [['--arp', '10.0.0.1-10.0.0.2', '--vary', 'dst-ip=10.0.0.2..10.0.0.4'], 3],
];

/** Tells tshark to compute every checksum. */
const CHECKED = ['ip', 'tcp', 'udp'].flatMap((protocol) => ['-o', `${protocol}.check_checksum:TRUE`]);
const GOOD = '1';
/** "Expert" remarks of tshark are errors from this severity on. */
const EXPERT_ERROR = 0x00800000;

test.serial('tshark and tcpdump find no fault in the frames of every template', async (t) => {
  await done('create', 'eyes0', '--persist', '--up');
  const socket = await PacketSocket.open('eyes0', 'in');
  for (const [words] of TEMPLATES) await done('tx-inject', 'eyes0', ...words, ...ELSEWHERE);
  const frames = (await socket.close()).map(({ hex }) => hex);
  t.is(
    frames.length,
    TEMPLATES.reduce((sum, [, count]) => sum + count, 0),
  );
  const path = join(directory, 'templates.pcap');
  writeFileSync(path, captureOf(frames));
  const fields = ['ip', 'tcp', 'udp', 'icmp', 'icmpv6'].flatMap((protocol) => [
    '-e',
    `${protocol}.checksum.status`,
  ]);
  const words = [...fields, '-e', '_ws.malformed', '-e', '_ws.expert.severity'];
  const dissected = runTool('tshark', '-r', path, ...CHECKED, '-T', 'fields', ...words)
    .split('\n')
    .slice(0, -1);
  t.is(dissected.length, frames.length);
  for (const line of dissected) {
    const values = line.split('\t');
    t.true(
      values.slice(0, 5).every((status) => status === '' || status === GOOD),
      line,
    );
    t.is(values[5], '');
    t.false(
      (values[6] ?? '').split(',').some((severity) => Number(severity) >= EXPERT_ERROR),
      line,
    );
  }
  const said = runTool('tcpdump', '-nn', '-vv', '-r', path);
  t.notRegex(said, /incorrect|bad|wrong|\[\|/);
  t.is(said.match(/udp sum ok|\(correct\)|icmp6 sum ok/g)?.length, 1 + 12 + 6 + 5 + 7 + 3 + 3);
});

/** What tshark reads from the frames that arrive from `words`: one line of `fields` each. */
async function fieldsOf(
  name: string,
  words: readonly string[],
  ...fields: readonly string[]
): Promise<string[]> {
  const socket = await PacketSocket.open(name, 'in');
  await done('tx-inject', name, ...words);
  const path = join(directory, `${name}.pcap`);
  writeFileSync(path, captureOf((await socket.close()).map(({ hex }) => hex)));
  return runTool('tshark', '-r', path, '-T', 'fields', ...fields.flatMap((field) => ['-e', field]))
    .trimEnd()
    .split('\n');
}

test.serial('tx-inject counts varied fields up together, and begins again until its limit', async (t) => {
  await done('create', 'vary0', '--persist', '--up');
  const vary = ['--vary', 'src-port=1000..1002', '--vary', 'dst-ip=10.0.0.2..10.0.1.2/256'];
  const fields = ['udp.srcport', 'ip.dst'];
  const round = ['1000\t10.0.0.2', '1001\t10.0.1.2', '1002\t10.0.0.2'];
  t.deepEqual(await fieldsOf('vary0', ['--udp', UDP, ...vary], ...fields), round);
  t.deepEqual(await fieldsOf('vary0', ['--udp', UDP, ...vary, '-l', '2'], ...fields), [...round, ...round]);
  t.deepEqual(await fieldsOf('vary0', ['--udp', UDP, ...vary, '-L', '4'], ...fields), [...round, round[0]!]);
});

test.serial("tx-inject sends to the device's own address from another one when none is given", async (t) => {
  await done('create', 'mac0', '--persist', '--up');
  const own = ipLink('mac0').address;
  const [line] = await fieldsOf('mac0', ['--udp', UDP], 'eth.dst', 'eth.src', 'eth.src.lg', 'frame.len');
  const [to, from, isLocal, length] = line!.split('\t');
  t.deepEqual([to, length], [own, '64']);
  t.not(from, own);
  t.regex(isLocal!, /1|True/);
  const given = ['--src-mac', '2:0:0:0:0:7', ...ELSEWHERE, '--size', '100'];
  t.deepEqual(await fieldsOf('mac0', ['--udp', UDP, ...given], 'eth.dst', 'eth.src', 'frame.len'), [
    '02:00:00:00:00:09\t02:00:00:00:00:07\t100',
  ]);
});

test.serial(
  'tx-inject broadcasts ARP requests, and makes TCP a SYN without data or a PSH-ACK with data',
  async (t) => {
    await done('create', 'kind0', '--persist', '--up');
    const arp = await fieldsOf('kind0', ['--arp', '10.0.0.1-10.0.0.2'], 'eth.dst', 'arp.dst.proto_ipv4');
    t.deepEqual(arp, ['ff:ff:ff:ff:ff:ff\t10.0.0.2']);
    t.deepEqual(await fieldsOf('kind0', ['--arp', '10.0.0.1-10.0.0.2', ...ELSEWHERE], 'eth.dst'), [
      '02:00:00:00:00:09',
    ]);
    const tcp = (...words: readonly string[]) =>
      fieldsOf('kind0', ['--tcp', UDP, ...words], 'frame.len', 'tcp.len', 'tcp.flags');
    t.deepEqual(await tcp(), ['54\t0\t0x0002']);
    t.deepEqual(await tcp('--size', '64'), ['64\t10\t0x0018']);
    t.deepEqual(await tcp('--payload', 'abc'), ['57\t3\t0x0018']);
  },
);

test.serial(
  'tx-inject warns once when a bridge will keep its frames, and prints its counts as JSON',
  async (t) => {
    await done('create', 'port0', '--persist', '--up');
    ip('link add br0 type bridge mcast_snooping 0', 'link set br0 up', 'link set port0 master br0');
    const warned = await run('tx-inject', 'port0', '--udp', UDP, '-L', '3', '-p', '1e9', '--json');
    t.is(warned.code, 0, warned.stderr);
    t.is(
      warned.stderr.match(/port0 is a port of bridge br0, which keeps frames to port0's own address/g)
        ?.length,
      1,
    );
    t.regex(warned.stderr, /^asked for 1\.0 Gpps, reached [\d.]+ [kM]?pps$/m);
    t.like(JSON.parse(warned.stdout), {
      ifname: 'port0',
      queue: 0,
      accepted: 3,
      rate: { unit: 'pps', asked: 1e9, kept: false },
      stopped: false,
      error: null,
    });
    for (const words of [ELSEWHERE, ['--size', '100', ...ELSEWHERE]]) {
      const { stderr } = await run('tx-inject', 'port0', '--udp', UDP, ...words);
      t.notRegex(stderr, /bridge/);
    }
  },
);

test.serial('tx-inject warns when the device is a port of a bridge that does not forward yet', async (t) => {
  await done('create', 'stp0', '--persist', '--up');
  ip(
    'link add br1 type bridge mcast_snooping 0 stp_state 1 forward_delay 200',
    'link set br1 up',
    'link set stp0 master br1',
  );
  const warned = await run('tx-inject', 'stp0', '--udp', UDP, ...ELSEWHERE);
  t.is(warned.code, 0);
  t.regex(
    warned.stderr,
    /^rtap: warning: stp0 is a port of bridge br1 and listening: the bridge forwards none of its frames yet \(spanning tree protocol\)$/m,
  );
  ip('link set br1 type bridge stp_state 0', 'link set stp0 nomaster', 'link set stp0 master br1');
  t.notRegex((await run('tx-inject', 'stp0', '--udp', UDP, ...ELSEWHERE)).stderr, /bridge/);
  ip('link set br1 down');
  t.regex((await run('tx-inject', 'stp0', '--hex', '00'.repeat(60))).stderr, /bridge br1 and disabled: /);
});

test.serial(
  'tx-inject sends into a high queue of a device that ip made when --queues says how many',
  async (t) => {
    ip('tuntap add many0 mode tap multi_queue');
    ip('link set many0 up');
    const refused = await run('tx-inject', 'many0', '--udp', UDP, '-q', '3');
    t.is(refused.code, 2);
    t.regex(refused.stderr, /cannot use queue 3: many0 has 1 queue \(0\)/);
    const { stderr } = await run('tx-inject', 'many0', '--udp', UDP, '-q', '3', '--queues', '4');
    t.regex(stderr, /^tx-inject: many0 queue 3\n1 packet offered, 1 accepted/m);
    t.regex(
      (await run('tx-inject', 'many0', '--udp', UDP, '-q', '4', '--queues', '4')).stderr,
      /has 4 queues/,
    );
  },
);

test.serial('the kernel answers the requests of --arp and --icmp', async (t) => {
  await done('create', 'ask0', '--persist', '--up');
  writeFileSync('/proc/sys/net/ipv6/conf/ask0/disable_ipv6', '0');
  ip('address add 10.0.0.2/24 dev ask0');
  ip('address add 2001:db8::2/64 dev ask0 nodad');
  ip('neigh add 2001:db8::1 lladdr 02:00:00:00:00:07 dev ask0 nud permanent');
  // The kernel deletes neighbour entries when the carrier goes.
  const dump = start(['rx-dump', 'ask0', '-w', join(directory, 'unread.pcapng')]);
  await dump.waitFor(/listening on/, 'stderr');
  const socket = await PacketSocket.open('ask0', 'out');
  const from = ['--src-mac', '02:00:00:00:00:07'];
  await done('tx-inject', 'ask0', '--arp', '10.0.0.1-10.0.0.2', ...from);
  t.regex(runTool('ip', 'neigh', 'show', 'dev', 'ask0'), /10\.0\.0\.1 lladdr 02:00:00:00:00:07/);
  await done(
    'tx-inject',
    'ask0',
    '--icmp',
    '10.0.0.1-10.0.0.2',
    ...from,
    '--vary',
    'seq=1..3',
    '--vary',
    'id=7',
  );
  await done(
    'tx-inject',
    'ask0',
    '--icmp',
    '2001:db8::1-2001:db8::2',
    ...from,
    '--vary',
    'seq=4..5',
    '--stamp',
  );
  const path = join(directory, 'answers.pcap');
  writeFileSync(path, captureOf((await socket.close()).map(({ hex }) => hex)));
  await dump.stop();
  const said = runTool('tcpdump', '-nn', '-t', '-r', path);
  t.regex(said, new RegExp(`^ARP, Reply 10\\.0\\.0\\.2 is-at ${ipLink('ask0').address}`, 'm'));
  for (const seq of [1, 2, 3])
    t.regex(said, new RegExp(`10\\.0\\.0\\.2 > 10\\.0\\.0\\.1: ICMP echo reply, id 7, seq ${seq},`));
  for (const seq of [4, 5])
    t.regex(said, new RegExp(`2001:db8::2 > 2001:db8::1: ICMP6, echo reply, id 0, seq ${seq},`));
});

test.serial('tx-inject refuses a template without ports, and a device that is not there', async (t) => {
  const { code, stderr } = await run('tx-inject', 'ask0', '--udp', '10.0.0.1-10.0.0.2');
  t.is(code, 1);
  t.regex(stderr, /^rtap: cannot read --udp "10\.0\.0\.1-10\.0\.0\.2": wanted a form like 10\.0\.0\.1:1000-/);
  const missing = await run('tx-inject', 'none0', '--udp', UDP);
  t.is(missing.code, 2);
  t.regex(missing.stderr, /^rtap: cannot send into "none0": there is no such device/);
});
