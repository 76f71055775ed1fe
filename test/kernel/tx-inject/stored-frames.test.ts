import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { LAID_BYTES_MAX } from '../../../src/cli/tx-inject/sending/laid-frames.js';
import { captureOf, frameOf } from '../capture.js';
import { done, json } from '../command.js';
import { ipLink } from '../ip-link.js';
import { PacketSocket, runPeer } from '../peer.js';
import { enterWorkspace } from '../workspace.js';

const { directory } = enterWorkspace();

/** Frames of many lengths, odd ones too. */
const FRAMES = Array.from({ length: 200 }, (_, number) => frameOf(number, 18 + number * 7));
const CAPTURE = join(directory, 'lengths.pcap');
writeFileSync(CAPTURE, captureOf(FRAMES));

/** Sends by `tx-inject` and returns the frames in hex that the kernel received. */
async function received(name: string, ...words: readonly string[]): Promise<string[]> {
  const socket = await PacketSocket.open(name, 'in');
  await done('tx-inject', name, ...words, '-t');
  return (await socket.close()).map(({ hex }) => hex);
}

for (const headerBytes of [10, 12, 24]) {
  test.serial(
    `tx-inject sends the same frames in each pass through a header of ${headerBytes} bytes`,
    async (t) => {
      const name = `stored${headerBytes}`;
      await runPeer('tap_user.py', name, 'multi', 'vnet', headerBytes);
      await done('up', name);
      const wanted = [...FRAMES, ...FRAMES, ...FRAMES];
      t.deepEqual(await received(name, '-r', CAPTURE, '-l', '3'), wanted, 'as the file is read');
      t.deepEqual(await received(name, '-r', CAPTURE, '-l', '3', '-K'), wanted, 'from memory');
      const hex = FRAMES.slice(0, 3).flatMap((frame) => ['--hex', frame]);
      const few = Array.from({ length: 100 }, () => FRAMES.slice(0, 3)).flat();
      t.deepEqual(await received(name, ...hex, '-l', '100'), few, 'from the command line');
      await done('delete', name);
    },
  );
}

/** Frames of two flows in turn. */
const LONG_FRAMES = Array.from({ length: 1500 }, (_, number) => {
  const hex = frameOf(number, 1000 + (number % 500));
  return `${hex.slice(0, 22)}${number % 2 === 0 ? '02' : '07'}${hex.slice(24)}`;
});

/** The frames of one flow. */
function flow(frames: readonly string[], address: string): string[] {
  return frames.filter((hex) => hex.slice(22, 24) === address);
}

for (const words of [
  [],
  ['-q', 'all'],
  ['-q', 'all', '--threads', '2'],
  ['-q', 'all', '--threads', '2', '-K'],
]) {
  test.serial(
    `tx-inject ${words.join(' ')} sends a capture whole and each flow in order when it is larger than the memory that it is read into`,
    async (t) => {
      const name = `long${words.length}`;
      await done('create', name, '--persist', '--up', '--queues', '2');
      const path = join(directory, 'long.pcap');
      writeFileSync(path, captureOf(LONG_FRAMES));
      const frames = await received(name, '-r', path, '-l', '2', ...words);
      t.is(frames.length, 2 * LONG_FRAMES.length);
      for (const address of ['02', '07'])
        t.deepEqual(flow(frames, address), flow([...LONG_FRAMES, ...LONG_FRAMES], address));
      await done('delete', name);
    },
  );
}

test.serial('tx-inject -K sends a capture whole when only a part of it can be laid', async (t) => {
  await done('create', 'big0', '--persist', '--up', '--queues', '1');
  const frameBytes = 1500;
  const count = Math.ceil((LAID_BYTES_MAX * 1.1) / frameBytes);
  const path = join(directory, 'big.pcap');
  const one = captureOf([frameOf(0, frameBytes)]);
  const record = one.subarray(24);
  writeFileSync(path, Buffer.concat([one.subarray(0, 24), ...Array.from({ length: count }, () => record)]));
  const ledger = await json('tx-inject', 'big0', '-r', path, '-K', '-t', '-l', '2');
  t.like(ledger, {
    offered: 2 * count,
    accepted: 2 * count,
    kernel: 2 * count,
    bytes: 2 * count * frameBytes,
  });
  t.is(ipLink('big0').stats64.rx.bytes, 2 * count * frameBytes);
});
