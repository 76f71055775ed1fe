import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import test from 'ava';
import { CaptureReader } from '../../../src/packet/capture/capture-reader.js';
import { drainCapture } from './captured-records.js';

// Compares with capinfos and tshark over captures of other projects, which lie beside the repository.

const FOLDER = fileURLToPath(new URL('../../../../shared/captures/', import.meta.url));
const hasWireshark = ['capinfos', 'tshark'].every((tool) => spawnSync(tool, ['-v']).error === undefined);
const files = existsSync(FOLDER) ? readdirSync(FOLDER).filter((name) => /\.pcap(ng)?$/.test(name)) : [];

function linesOf(tool: string, ...words: string[]): string[] {
  const { status, stdout, stderr } = spawnSync(tool, words, { encoding: 'utf8' });
  if (status !== 0) throw new Error(stderr);
  return stdout.split('\n').filter((line) => line !== '');
}

/** `1700000000.000000001`; a packet without a time counts as one of 1970. */
function timeText({ seconds, nanoseconds }: { seconds: number; nanoseconds: number }): string {
  return `${seconds}.${String(nanoseconds).padStart(9, '0')}`;
}

if (!hasWireshark || files.length === 0) {
  test('readers agree with capinfos over shared captures', (t) => {
    const reason = hasWireshark ? `no captures in ${FOLDER}` : 'no capinfos and tshark here';
    if (process.env.CI) t.fail(reason);
    t.log(`skipped: ${reason}`);
    t.pass();
  });
}

for (const name of hasWireshark ? files : []) {
  test(`readers agree with capinfos and tshark over ${name}`, (t) => {
    const path = FOLDER + name;
    const { records, error } = drainCapture(new CaptureReader(), new Uint8Array(readFileSync(path)), 4096);
    t.is(error, undefined);
    const [facts] = linesOf('capinfos', '-T', '-B', '-r', '-c', '-d', '-a', '-e', '-S', path);
    const [, count, byteCount, first, last] = facts!.split('\t');
    t.is(records.length, Number(count));
    t.is(
      records.reduce((sum, { originalLength }) => sum + originalLength, 0),
      Number(byteCount),
    );
    const fields = ['time_epoch', 'len', 'cap_len'].flatMap((field) => ['-e', `frame.${field}`]);
    // Custom blocks are frames to tshark as well, without a link type.
    const theirs = linesOf('tshark', '-n', '-r', path, '-Y', 'frame.encap_type', '-T', 'fields', ...fields);
    t.deepEqual(
      records.map((record) => `${timeText(record)}\t${record.originalLength}\t${record.frame.length}`),
      theirs.map((line) => line.replace(/^\t/, '0.000000000\t')),
    );
    // If one packet has no time, capinfos prints no times.
    if (records.length === 0 || theirs.some((line) => line.startsWith('\t'))) return;
    const times = records.map(timeText).map(Number);
    t.is(Math.min(...times), Number(first));
    t.is(Math.max(...times), Number(last));
  });
}
