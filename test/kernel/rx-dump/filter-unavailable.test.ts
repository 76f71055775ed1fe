import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, realpathSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import test from 'ava';
import { LIBPCAP_SONAMES } from '../../../src/sys/libpcap.js';
import { RTAP } from '../command.js';
import { enterWorkspace } from '../workspace.js';

const workspace = enterWorkspace();

const CAPTURE = fileURLToPath(new URL('../../packet/fixtures/protocols.pcap', import.meta.url));
const DEADLINE_MS = 60_000;

/** The folder in which the loader finds libpcap. */
function libpcapFolder(): string {
  const listing = execFileSync('ldconfig', ['-p'], { encoding: 'utf8' });
  const line = listing.split('\n').find((entry) => LIBPCAP_SONAMES.includes(entry.trim().split(' ')[0]!));
  if (line === undefined) throw new Error('ldconfig knows no libpcap');
  return dirname(realpathSync(line.split(' => ')[1]!));
}

/** Runs rtap in a mount namespace of its own, in which libpcap is gone. */
function runWithoutLibpcap(...words: readonly string[]): {
  code: number | null;
  stdout: string;
  stderr: string;
} {
  const script = `
    folder=$1 scratch=$2; shift 2
    mount -t tmpfs tmpfs "$scratch"; mkdir "$scratch/upper" "$scratch/work"
    mount -t overlay -o "lowerdir=$folder,upperdir=$scratch/upper,workdir=$scratch/work" overlay "$folder"
    rm "$folder"/libpcap.so.*
    exec "$@"`;
  const scratch = join(workspace.directory, 'scratch');
  mkdirSync(scratch, { recursive: true });
  const { error, status, stdout, stderr } = spawnSync(
    'unshare',
    ['--mount', 'sh', '-euc', script, 'sh', libpcapFolder(), scratch, RTAP, ...words],
    { encoding: 'utf8', timeout: DEADLINE_MS },
  );
  if (error !== undefined) throw error;
  return { code: status, stdout, stderr };
}

test.serial('rx-dump ends with exit code 4 and the names of packages when a filter finds no libpcap', (t) => {
  const { code, stdout, stderr } = runWithoutLibpcap('rx-dump', '-r', CAPTURE, 'tcp');
  t.is(code, 4, stderr);
  t.is(stdout, '');
  const [message, hint, ...more] = stderr.trimEnd().split('\n');
  t.regex(
    message!,
    /^rtap: cannot load "libpcap\.so\.0\.8" or "libpcap\.so\.1": .*No such file or directory$/,
  );
  for (const name of ['libpcap0.8 ', 'libpcap0.8t64', 'dnf install libpcap ', 'libpcap1 ']) {
    t.true(hint!.startsWith('hint: install libpcap: ') && hint!.includes(name), hint);
  }
  t.deepEqual(more, []);
});

test.serial('rx-dump needs no libpcap when it has no filter', (t) => {
  const { code, stdout, stderr } = runWithoutLibpcap('rx-dump', '-r', CAPTURE, '-c', '1');
  t.is(code, 0, stderr);
  t.regex(stdout, /ARP, Request who-has 10\.0\.0\.2/);
});

test.serial('doctor rates a missing libpcap as poor, not as missing', (t) => {
  const { code, stdout, stderr } = runWithoutLibpcap('doctor', '--json');
  t.is(code, 0, stderr);
  const findings: readonly Readonly<Record<string, string>>[] = JSON.parse(stdout);
  const finding = findings.find(({ check }) => check === 'libpcap');
  t.like(finding, { state: 'poor', detail: 'not installed: rx-dump cannot use filter expressions' });
  t.regex(finding!.remedy!, /^install libpcap: .*\(SUSE\)$/);
});
