import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import test from 'ava';
import { CaptureReader } from '../../../src/packet/capture/capture-reader.js';
import {
  summarizeFrame,
  summarizeFrameVerbosely,
  summarizeFrameWithLink,
} from '../../../src/packet/summary/frame-summary.js';
import { drainCapture } from '../capture/captured-records.js';
import { checkForms } from './summary-forms.js';

// Compares with tcpdump over captures of other projects, which lie beside the repository.

const FOLDER = fileURLToPath(new URL('../../../../shared/captures/', import.meta.url));
const hasTcpdump = spawnSync('tcpdump', ['--version']).error === undefined;
const files = existsSync(FOLDER) ? readdirSync(FOLDER).filter((name) => name.endsWith('.pcap')) : [];

/** tcpdump 4.99.3 takes a total length of 0 for damage; rtap, as later releases, for an offloaded packet. */
const OFFLOADED = new Set(['bigtcp-ipv4.pcap', 'bigtcp-ipv6.pcap']);
/** MACsec, which rtap does not decode. */
const UNDECODED = new Set(['icmp-rfc8335-missing-bytes.pcap']);

/** Ends the headers: payload follows. */
const TRUNCATION_MAX = 200;

/** The text of each packet, which takes several lines with -v. */
function readTcpdumpTexts(path: string, ...options: string[]): string[] {
  const run = spawnSync('tcpdump', ['-tt', '-nn', '-S', ...options, '-r', path], { encoding: 'latin1' });
  const texts = run.stdout.split(/^(?=\d+\.\d{6} )/m);
  return texts.map((text) => normalize(text.replace(/^\d+\.\d+ /, '')));
}

/** Removes tcpdump's double blanks and its blanks at the end. */
function normalize(text: string): string {
  return text.replaceAll(/(?<=\S) {2,}/g, ' ').trim();
}

/** Whether the texts agree as far as rtap decodes. tcpdump may also describe the payload of a port or datagram. */
function agree(given: string, theirs: string): boolean {
  const ours = normalize(given);
  if (theirs.startsWith(ours)) return true;
  // rtap reports a wrong checksum over IPv4, tcpdump only with -vv.
  const ports = ours.replace(/(\[bad udp cksum \w+ -> \w+!\] )?UDP, (bad )?length .*$/, '');
  return ports !== ours && theirs.startsWith(ports);
}

function checkTruncations(frame: Uint8Array, originalLength: number): void {
  for (let length = Math.min(TRUNCATION_MAX, frame.length); length >= 0; length--) {
    checkForms(frame.subarray(0, length), originalLength);
  }
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
    const { records, error } = drainCapture(new CaptureReader(), new Uint8Array(readFileSync(FOLDER + name)));
    if (records[0]?.linkType !== 1) {
      t.log('not Ethernet: nothing to compare');
      t.pass();
      return;
    }
    t.is(error, undefined);
    const plain = readTcpdumpTexts(FOLDER + name);
    const withLink = readTcpdumpTexts(FOLDER + name, '-e');
    const verbose = readTcpdumpTexts(FOLDER + name, '-v');
    const verboseWithLink = readTcpdumpTexts(FOLDER + name, '-v', '-e');
    t.is(records.length, plain.length);
    for (const { frame, originalLength } of records) checkTruncations(frame, originalLength);
    if (OFFLOADED.has(name) || UNDECODED.has(name)) return;
    for (const [index, { frame, originalLength }] of records.entries()) {
      const rows: readonly (readonly [ours: string, theirs: readonly string[]])[] = [
        [summarizeFrame(frame, originalLength), plain],
        [summarizeFrameWithLink(frame, originalLength), withLink],
        [summarizeFrameVerbosely(frame, originalLength), verbose],
        [summarizeFrameVerbosely(frame, originalLength, { linkShown: true }), verboseWithLink],
      ];
      for (const [ours, theirs] of rows) t.true(agree(ours, theirs[index]!), `${ours}\n${theirs[index]}`);
    }
  });
}
