/**
 * How fast tx-inject replays a capture at top speed, beside tcpreplay, which sends it onto a veth, and a plain write(2)
 * loop in C, which reads nothing.
 *
 *   npx tsx bench/replay-rates.ts
 *
 * All take turns in one run, in a network namespace of its own, on one capture of 10,000 frames of 64 bytes, looped; the
 * medians and their ratios are printed. These are rates of this machine at this moment: only the ratios can be compared.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { encodePcapFileHeader, encodePcapRecord } from '../src/packet/pcap-writer.js';
import { enterNewNetworkNamespace } from '../src/sys/network-namespace.js';
import { CreatedDevice } from '../src/tap/device-creation.js';

const ROUNDS = 5;
const FRAMES = 10_000;
const LOOPS = 100;
const FRAME_BYTES = 64;
const NAME = 'bench0';
const RTAP = fileURLToPath(new URL('../bin/rtap', import.meta.url));

/** Million frames a second, by what was measured. */
const rates = new Map<string, number[]>();

function note(what: string, framesPerSecond: number): void {
  rates.set(what, [...(rates.get(what) ?? []), framesPerSecond / 1e6]);
}

/** Runs a program to its end, which must be a good one; returns what it printed. */
function runProgram(program: string, ...words: readonly string[]): string {
  const { status, stdout, stderr, error } = spawnSync(program, words, { encoding: 'utf8' });
  if (status !== 0) throw new Error(`${program} ${words.join(' ')}: ${error?.message ?? stderr}`);
  return stdout;
}

function makeCapture(path: string): void {
  const bytes = Buffer.alloc(24 + FRAMES * (16 + FRAME_BYTES));
  let end = encodePcapFileHeader(bytes, 0, {});
  for (let number = 0; number < FRAMES; number++) {
    const frame = Buffer.alloc(FRAME_BYTES);
    frame.write('02000000000102000000000288b5', 'hex');
    frame.writeUInt32BE(number, 14);
    end += encodePcapRecord(bytes, end, 1_700_000_000, number * 1000, frame, FRAME_BYTES, FRAME_BYTES);
  }
  writeFileSync(path, bytes);
}

function replayByRtap(path: string, ...words: readonly string[]): void {
  const all = ['tx-inject', NAME, '-r', path, '-t', '-l', String(LOOPS), '--json', ...words];
  const { accepted, seconds } = JSON.parse(runProgram(RTAP, ...all)) as { accepted: number; seconds: number };
  if (accepted !== FRAMES * LOOPS) throw new Error(`tx-inject: ${accepted} frames accepted`);
  note(['tx-inject -t', ...words].join(' '), accepted / seconds);
}

function replayByTcpreplay(path: string): void {
  const words = ['-i', 'veth0', '--topspeed', '-K', '-l', String(LOOPS), path];
  const [, packets, seconds] =
    /Actual: (\d+) packets .* in ([\d.]+) seconds/.exec(runProgram('tcpreplay', ...words)) ?? [];
  note('tcpreplay --topspeed -K, veth', Number(packets) / Number(seconds));
}

function writeFromC(program: string): void {
  note('C, write(2)', (FRAMES * LOOPS) / Number(runProgram(program, NAME, 'write', String(FRAMES * LOOPS))));
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
}

function report(): void {
  const beside = median(rates.get('tcpreplay --topspeed -K, veth') ?? []);
  const plain = median(rates.get('C, write(2)') ?? []);
  for (const [what, values] of rates) {
    const spread = `${Math.min(...values).toFixed(2)} to ${Math.max(...values).toFixed(2)}`;
    const ratios = `${(median(values) / beside).toFixed(2)} times tcpreplay, ${(median(values) / plain).toFixed(2)} times C`;
    console.log(`${what.padEnd(30)} ${median(values).toFixed(2)} M/s (${spread}), ${ratios}`);
  }
}

enterNewNetworkNamespace();
const directory = mkdtempSync(join(tmpdir(), 'rtap-bench-'));
process.env.RTAP_RUNTIME_DIR = join(directory, 'run');
try {
  const program = join(directory, 'frame-loop');
  runProgram('gcc', '-O2', '-Wall', '-o', program, fileURLToPath(new URL('c/frame-loop.c', import.meta.url)));
  const path = join(directory, 'frames.pcap');
  makeCapture(path);
  const created = CreatedDevice.create(NAME, { queueCount: 1, up: true });
  created.makePersistent();
  created[Symbol.dispose]();
  runProgram('ip', 'link', 'add', 'veth0', 'type', 'veth', 'peer', 'name', 'veth1');
  for (const device of ['veth0', 'veth1']) runProgram('ip', 'link', 'set', device, 'up');
  for (let round = 0; round < ROUNDS; round++) {
    replayByTcpreplay(path);
    replayByRtap(path);
    replayByRtap(path, '-K');
    writeFromC(program);
  }
  report();
} finally {
  rmSync(directory, { recursive: true, force: true });
}
