import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import test from 'ava';
import { AnyCaptureReader } from '../../src/packet/any-capture-reader.js';
import { summarizeFrame, summarizeFrameWithLink } from '../../src/packet/frame-summary.js';
import { drainCapture } from './captured-records.js';

// Compares with tcpdump over captures that others made, which lie beside the repository and not in it.

const FOLDER = fileURLToPath(new URL('../../../shared/captures/', import.meta.url));
const hasTcpdump = spawnSync('tcpdump', ['--version']).error === undefined;
const files = existsSync(FOLDER) ? readdirSync(FOLDER).filter((name) => name.endsWith('.pcap')) : [];

/** tcpdump 4.99.3 takes a total length of 0 for damage; rtap, as later releases, for an offloaded packet. */
const OFFLOADED = new Set(['bigtcp-ipv4.pcap', 'bigtcp-ipv6.pcap']);
/** MACsec, which rtap does not open. */
const UNDECODED = new Set(['icmp-rfc8335-missing-bytes.pcap']);

function readTcpdumpLines(path: string, ...options: string[]): string[] {
  const run = spawnSync('tcpdump', ['-tt', '-nn', '-S', ...options, '-r', path], { encoding: 'latin1' });
  const lines = run.stdout.split('\n').filter((line) => /^\d+\.\d+ /.test(line));
  return lines.map((line) =>
    line
      .replace(/^\d+\.\d+ /, '')
      .replaceAll('  ', ' ')
      .trim(),
  );
}

/** True when the lines agree as far as rtap decodes: tcpdump may go on with what a port or a datagram carries. */
function agree(ours: string, theirs: string): boolean {
  if (theirs.startsWith(ours)) return true;
  const ports = ours.replace(/UDP, (bad )?length .*$/, '');
  return ports !== ours && theirs.startsWith(ports);
}

if (!hasTcpdump || files.length === 0) {
  test('summaries agree with tcpdump over shared captures', (t) => {
    const reason = hasTcpdump ? `no captures in ${FOLDER}` : 'no tcpdump here';
    if (process.env.CI) t.fail(reason);
    t.log(`skipped: ${reason}`);
    t.pass();
  });
}

for (const name of hasTcpdump ? files : []) {
  test(`summaries agree with tcpdump over ${name}`, (t) => {
    const { records, error } = drainCapture(
      new AnyCaptureReader(),
      new Uint8Array(readFileSync(FOLDER + name)),
    );
    if (records[0]?.linkType !== 1) {
      t.log('not Ethernet: nothing to compare');
      t.pass();
      return;
    }
    t.is(error, undefined);
    const plain = readTcpdumpLines(FOLDER + name);
    const withLink = readTcpdumpLines(FOLDER + name, '-e');
    t.is(records.length, plain.length);
    if (OFFLOADED.has(name) || UNDECODED.has(name)) return;
    for (const [index, { frame, originalLength }] of records.entries()) {
      const ours = summarizeFrame(frame, originalLength);
      t.true(agree(ours, plain[index]!), `${ours}\n${plain[index]}`);
      const oursWithLink = summarizeFrameWithLink(frame, originalLength);
      t.true(agree(oursWithLink, withLink[index]!), `${oursWithLink}\n${withLink[index]}`);
    }
  });
}
