import { existsSync, readdirSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import test from 'ava';
import { captureOf, frameOf, framesOf } from '../capture.js';
import { done, run } from '../command.js';
import { eventually } from '../deadline.js';
import { ipLink } from '../ip-link.js';
import { PacketSocket, runTool } from '../peer.js';
import { RunningProcess } from '../running-process.js';
import { enterWorkspace } from '../workspace.js';

const { directory } = enterWorkspace();

/** Captures that other programs made: those of the project, and a folder beside it, which a clone does not have. */
const CAPTURES = ['../../packet/fixtures/others/', '../../../../shared/captures/']
  .map((folder) => fileURLToPath(new URL(folder, import.meta.url)))
  .filter((folder) => existsSync(folder))
  .flatMap((folder) => readdirSync(folder).map((name) => join(folder, name)));
const MTU = 1500;
const ETHERNET_HEADER_BYTES = 14;

interface Reading {
  /** Frames in hex, as tcpdump reads them. */
  readonly frames: readonly string[];
  readonly linkType: string;
}

/** What tcpdump finds in a capture. */
function readByTcpdump(path: string): Reading {
  const linkType = /link-type (\S+)/.exec(runTool('sh', '-c', 'tcpdump -r "$0" -c 1 2>&1', path))?.[1] ?? '';
  const copy = join(directory, 'copy.pcap');
  runTool('tcpdump', '-r', path, '-w', copy);
  return { frames: framesOf(copy), linkType };
}

function mayPass(hex: string): boolean {
  const tags = /^.{24}(?:(?:8100|88a8).{4}){0,2}/.exec(hex)?.[0].length ?? 24;
  return hex.length / 2 <= MTU + ETHERNET_HEADER_BYTES + (tags - 24) / 2;
}

for (const [number, path] of CAPTURES.filter((file) => file.endsWith('.pcap')).entries()) {
  test(`tx-inject sends all frames of ${basename(path)}, and the kernel receives them equal`, async (t) => {
    const device = `cap${number}`;
    const { frames, linkType } = readByTcpdump(path);
    await done('create', device, '--persist', '--up');
    if (linkType !== 'EN10MB') {
      const { code, stderr } = await run('tx-inject', device, '-r', path, '-t', '--no-convert');
      t.is(code, 3);
      t.regex(stderr, /refused: EPROTONOSUPPORT \(not Ethernet: \d+ of link type \d+/);
      return;
    }
    const socket = await PacketSocket.open(device, 'in');
    const { code, stdout, stderr } = await run('tx-inject', device, '-r', path, '-t', '--json');
    const passed = frames.filter(mayPass);
    const refused = frames.length - passed.length;
    t.is(code, refused === 0 ? 0 : 3, stderr);
    t.like(JSON.parse(stdout), {
      offered: frames.length,
      accepted: passed.length,
      refused: refused === 0 ? {} : { EMSGSIZE: refused },
      kernel: passed.length,
    });
    t.deepEqual(
      (await socket.close()).map(({ hex }) => hex),
      passed,
    );
    t.is(ipLink(device).stats64.rx.packets, passed.length);
  });
}

test('tx-inject reads every pcapng as far as capinfos does, and refuses frames that are not Ethernet', async (t) => {
  await done('create', 'ng0', '--persist', '--up', '--mtu', '65000');
  for (const path of CAPTURES.filter((file) => file.endsWith('.pcapng'))) {
    const { code, stdout, stderr } = await run('tx-inject', 'ng0', '-r', path, '-t', '--json');
    const { offered, accepted, refused } = JSON.parse(stdout) as {
      offered: number;
      accepted: number;
      refused: Record<string, number>;
    };
    const count = Number(runTool('capinfos', '-T', '-r', '-M', '-c', path).trim().split('\t').at(-1));
    t.is(offered, count, path);
    t.is(accepted + (refused.EPROTONOSUPPORT ?? 0), offered, stderr);
    t.is(code, accepted === offered ? 0 : 3, path);
  }
});

test('tx-inject sends a capture that tcpdump -w writes on the device', async (t) => {
  await done('create', 'dumped0', '--persist', '--up');
  const path = CAPTURES.find((file) => file.endsWith('/tcpdump.pcap'))!;
  const written = join(directory, 'written.pcap');
  const words = ['-i', 'dumped0', '-Q', 'in', '-U', '-w', written];
  const dump = new RunningProcess('tcpdump', ['-Z', 'root', ...words]);
  await dump.waitFor(/listening on dumped0/, 'stderr');
  await done('tx-inject', 'dumped0', '-r', path, '-t');
  const frames = framesOf(path);
  await eventually(() => framesOf(written).length >= frames.length, 'the frames in the file of tcpdump');
  await dump.stop();
  t.deepEqual(framesOf(written), frames);
});

test('tx-inject names the frames that the MTU forbids, and sends them with --oversize', async (t) => {
  await done('create', 'big0', '--persist', '--up');
  const path = join(directory, 'big.pcap');
  writeFileSync(path, captureOf([frameOf(0), frameOf(1, 9000), frameOf(2, 80_000)]));
  const plain = await run('tx-inject', 'big0', '-r', path, '-t');
  t.is(plain.code, 3);
  t.regex(
    plain.stderr,
    /packets? refused: EMSGSIZE \(longer than the MTU of 1500 allows; --oversize sends them\)/,
  );
  const { frames } = readByTcpdump(path);
  const socket = await PacketSocket.open('big0', 'in');
  const { code, stderr } = await run('tx-inject', 'big0', '-r', path, '-t', '--oversize');
  t.is(code, 0, stderr);
  t.deepEqual(
    (await socket.close()).map(({ hex }) => hex),
    frames,
  );
});
