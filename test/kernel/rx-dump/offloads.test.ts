import { randomBytes } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import test from 'ava';
import { ip } from '../../netlink/iproute2.js';
import { CHECKSUM_FAULT, CHECKSUMS_COMPUTED } from '../../tshark-checksums.js';
import { done, run, start } from '../command.js';
import { eventually } from '../deadline.js';
import { ipLink } from '../ip-link.js';
import { runTool, startPeer } from '../peer.js';
import { RunningProcess } from '../running-process.js';
import { enterWorkspace } from '../workspace.js';

const { directory } = enterWorkspace();

const CLIENT = '10.9.0.1';
const SERVER = '10.9.0.2';
const PAYLOAD_BYTES = 1_000_000;
const TRANSFER = fileURLToPath(new URL('../../peers/tcp_transfer.py', import.meta.url));
const payload = join(directory, 'payload');

/**
 * A TCP connection of the kernel over a bridge to another namespace. The bridge floods, so that the device gets every
 * frame as the kernel made it: large, and with its checksum unfinished.
 */
async function makeNetwork(): Promise<RunningProcess> {
  writeFileSync(payload, randomBytes(PAYLOAD_BYTES));
  await done('create', 'io0', '--persist', '--up', '--queues', '2', '--txqueuelen', '10000');
  const other = new RunningProcess('unshare', [
    '-n',
    'sh',
    '-c',
    'ip link set lo up && echo there && exec sleep 600',
  ]);
  await other.waitFor(/there/);
  ip(
    'link add br0 type bridge ageing_time 0 mcast_snooping 0',
    `link add v0 type veth peer name v1 netns ${other.pid}`,
    'link set v0 master br0 up',
    'link set io0 master br0',
    `addr add ${CLIENT}/24 dev br0`,
    'link set br0 up',
  );
  runTool('nsenter', '-n', '-t', String(other.pid), 'ip', 'addr', 'add', `${SERVER}/24`, 'dev', 'v1');
  runTool('nsenter', '-n', '-t', String(other.pid), 'ip', 'link', 'set', 'v1', 'up');
  await eventually(() => ipLink('v0').operstate === 'UP', 'the carrier of v0');
  return other;
}

/** Sends the payload, while a reader with `words` writes a capture of it. */
async function capture(other: RunningProcess, path: string, ...words: string[]): Promise<string> {
  const reader = start(['rx-dump', 'io0', '-w', path, ...words, 'tcp']);
  await reader.waitFor(/listening/, 'stderr');
  const got = join(directory, 'got');
  const listen = ['-n', '-t', String(other.pid), 'python3', TRANSFER, 'receive', SERVER, '5000', got];
  const server = new RunningProcess('nsenter', listen);
  await server.waitFor(/listening/);
  await startPeer('tcp_transfer.py', ['send', SERVER, 5000, payload]).ended();
  await server.ended();
  const { code, stderr } = await reader.stop();
  if (code !== 0) throw new Error(stderr);
  if (readFileSync(got).compare(readFileSync(payload)) !== 0) throw new Error('the payload has changed');
  return stderr;
}

/** The number of packets of a capture that match a filter of tshark. */
function countOf(path: string, filter: string): number {
  return runTool(
    'tshark',
    '-r',
    path,
    ...CHECKSUMS_COMPUTED,
    '-Y',
    filter,
    '-T',
    'fields',
    '-e',
    'frame.number',
  )
    .split('\n')
    .filter((line) => line !== '').length;
}

/** What tshark makes of the stream. */
function reassemble(path: string): Buffer {
  const text = runTool('tshark', '-r', path, '-q', '-z', 'follow,tcp,raw,0');
  return Buffer.from((text.match(/^[0-9a-f]+$/gm) ?? []).join(''), 'hex');
}

interface SequenceRange {
  readonly from: number;
  readonly to: number;
  readonly length: number;
}

/** What tcpdump's lines say about the data. */
function rangesOf(lines: readonly string[]): SequenceRange[] {
  return lines.flatMap((line) => {
    const [, from, to, length] = /seq (\d+):(\d+), .* length (\d+)$/.exec(line) ?? [];
    return from === undefined ? [] : [{ from: Number(from), to: Number(to), length: Number(length) }];
  });
}

function bytesOf(ranges: readonly SequenceRange[]): number {
  return ranges.reduce((sum, { length }) => sum + length, 0);
}

test('rx-dump writes TCP of the kernel with finished checksums and its virtio-net header, and --segment cuts it', async (t) => {
  const other = await makeNetwork();
  const [finished, raw, later, cut] = ['finished', 'raw', 'later', 'cut'].map((name) =>
    join(directory, `${name}.pcapng`),
  ) as [string, string, string, string];
  const sent = readFileSync(payload);

  await capture(other, finished);
  t.true(countOf(finished, 'frame.len > 1514') > 5);
  t.is(countOf(finished, CHECKSUM_FAULT), 0);
  t.is(reassemble(finished).compare(sent), 0);

  await capture(other, raw, '--raw');
  t.true(countOf(raw, CHECKSUM_FAULT) > 5);

  // A later rx-dump -r can do the unfinished work, once.
  await done('rx-dump', '-r', raw, '-w', later);
  t.is(countOf(later, CHECKSUM_FAULT), 0);
  t.is(countOf(later, 'frame'), countOf(raw, 'frame'));
  const facts = (
    await done('rx-dump', '-r', later, '--json', 'tcp[tcpflags] & tcp-push != 0 and greater 2000')
  )
    .trimEnd()
    .split('\n')
    .map((line) => (JSON.parse(line) as { vnet: object }).vnet);
  t.true(facts.length > 0);
  for (const vnet of facts) {
    t.like(vnet, { checksum: 'partial', gso: 'tcp4', gsoBytes: 1448, headerBytes: 66, checksumStart: 34 });
    t.like(vnet, { checksumOffset: 16, checksumFinished: true });
  }

  const { stderr } = await run('rx-dump', '-r', raw, '--segment', '-w', cut);
  const segments = countOf(cut, 'tcp');
  t.regex(stderr, new RegExp(`\n${segments} packets after segmentation\n`));
  t.is(await done('rx-dump', '-r', raw, '--segment', '--count'), `${segments} packets\n`);
  t.true(segments > PAYLOAD_BYTES / 1448);
  t.is(countOf(cut, CHECKSUM_FAULT), 0);
  t.is(countOf(cut, 'frame.len > 1514'), 0);
  t.is(reassemble(cut).compare(sent), 0);
  const lines = runTool('tcpdump', '-nn', '-r', cut, 'src', CLIENT).trimEnd().split('\n');
  const ranges = rangesOf(lines);
  // A segment is there twice only if TCP sent it twice.
  const uncut = rangesOf(runTool('tcpdump', '-nn', '-r', raw, 'src', CLIENT).split('\n'));
  t.is(bytesOf(ranges), bytesOf(uncut));
  const base = ranges[0]!.from;
  let next = base;
  for (const { from, to, length } of ranges) {
    // On a loaded machine the kernel may send a segment once more.
    if (to <= next) continue;
    t.deepEqual([from, length <= 1448, to - from], [next, true, length]);
    next = to;
  }
  t.is(next - base, PAYLOAD_BYTES);
  // One FIN, on the last of them.
  t.is(new Set(lines.flatMap((line) => /Flags \[F[^,]*, seq (\S+),/.exec(line)?.[1] ?? [])).size, 1);

  const counts = await capture(other, finished, '--segment');
  t.is(countOf(finished, CHECKSUM_FAULT), 0);
  t.is(countOf(finished, 'frame.len > 1514'), 0);
  t.is(reassemble(finished).compare(sent), 0);
  const [, captured, cutTo] =
    /\n(\d+) packets captured\n.*\n(\d+) packets after segmentation\n/.exec(counts) ?? [];
  t.true(Number(cutTo) > Number(captured), counts);
  t.is(countOf(finished, 'frame'), Number(cutTo));
});
