import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync } from 'node:fs';
import { basename, join } from 'node:path';
import test from 'ava';
import { RTAP, start } from '../command.js';
import { eventually } from '../deadline.js';
import { ipLink } from '../ip-link.js';
import { startOnTerminal } from '../on-terminal.js';
import { runTool } from '../peer.js';
import { RunningProcess } from '../running-process.js';
import { FlowDevice } from '../sent-flows.js';
import { enterWorkspace } from '../workspace.js';

const { directory } = enterWorkspace();

/** A frame of one flow, as tshark sees it. */
interface Seen {
  /** Seconds since 1970. */
  readonly seconds: number;
  /** Its sequence number in the flow. */
  readonly number: number;
}

/** The frames of a capture. Throws if tshark or capinfos finds a fault in it. */
function framesIn(path: string): Seen[] {
  const fields = ['-T', 'fields', '-e', 'frame.time_epoch', '-e', 'udp.payload'];
  const tshark = spawnSync('tshark', ['-n', '-r', path, ...fields], { encoding: 'utf8', maxBuffer: 2 ** 26 });
  const complaints = tshark.stderr
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('Running as user'));
  if (tshark.status !== 0 || complaints.length > 0) throw new Error(`tshark, ${path}: ${tshark.stderr}`);
  const seen = tshark.stdout
    .split('\n')
    .filter(Boolean)
    .map((line) => {
      const [time, payload] = line.split('\t') as [string, string];
      return { seconds: Number(time), number: Number.parseInt(payload.replaceAll(':', '').slice(8, 16), 16) };
    });
  const capinfos = spawnSync('capinfos', ['-rMc', path], { encoding: 'utf8' });
  if (capinfos.status !== 0 || capinfos.stderr !== '')
    throw new Error(`capinfos, ${path}: ${capinfos.stderr}`);
  if (
    !capinfos.stdout.includes(`${path}\t`) &&
    Number(/(\d+)\s*$/.exec(capinfos.stdout)?.[1]) !== seen.length
  )
    throw new Error(`capinfos and tshark disagree: ${capinfos.stdout}, ${seen.length}`);
  return seen;
}

/** A device of one queue, which keeps the order. It has room for every frame while a busy machine runs something else. */
function createDevice(name: string): Promise<FlowDevice> {
  return FlowDevice.create(name, { words: ['--queues', '1', '--txqueuelen', '10000'] });
}

function makeFolder(name: string): string {
  const folder = join(directory, name);
  mkdirSync(folder);
  return folder;
}

/** The numbers from 0 up, `count` of them. */
function upTo(count: number): number[] {
  return Array.from({ length: count }, (_, number) => number);
}

function numbersIn(paths: readonly string[]): number[] {
  return paths.flatMap((path) => framesIn(path).map(({ number }) => number));
}

/** The files of a rotation in the order of their creation: by time, then by number. */
function inOrder(folder: string): string[] {
  const key = (name: string) => (/(\d{10})\.(\d*)/.exec(name) ?? []).slice(1).map(Number);
  return readdirSync(folder)
    .sort((a, b) => key(a)[0]! - key(b)[0]! || key(a)[1]! - key(b)[1]!)
    .map((name) => join(folder, name));
}

test.serial(
  'rx-dump -G -C -z begins files by time and size, and each file is whole and compressed',
  async (t) => {
    const device = await createDevice('row0');
    const folder = makeFolder('row0');
    const count = 3000;
    const words = ['-w', join(folder, 'row-%s.'), '-G', '1', '-C', '48k', '-z', 'gzip'];
    const reader = start(['rx-dump', 'row0', ...words]);
    await reader.waitFor(/listening/, 'stderr');
    await device.send(1, count, 1000);
    await eventually(() => ipLink('row0').stats64.tx.packets === count, 'the last frame');
    const { code, stderr } = await reader.stop();
    t.is(code, 0, stderr);
    t.notRegex(stderr, /warning/);
    const paths = inOrder(folder);
    t.true(paths.length > 4, paths.join(' '));
    t.true(
      paths.every((path) => path.endsWith('.gz')),
      'no file is left that is not whole',
    );
    runTool('gunzip', ...paths);
    const files = inOrder(folder).map((path) => ({ path, frames: framesIn(path) }));
    t.deepEqual(
      files.flatMap(({ frames }) => frames.map(({ number }) => number)),
      upTo(count),
    );
    const periods = new Set<number>();
    for (const [place, { path, frames }] of files.entries()) {
      const [, second, number] = /(\d{10})\.(\d*)/.exec(basename(path))!;
      periods.add(Number(second));
      // A burst gets its time before it is written, which can be at the end of the second before.
      t.true(
        frames.every(({ seconds }) => seconds < Number(second) + 1 && seconds > Number(second) - 0.2),
        path,
      );
      const next = files[place + 1]?.path ?? '';
      const full = next.includes(`-${second}.`);
      const { size } = statSync(path);
      t.true(full ? size > 48 * 1024 : size <= 49 * 1024 + 1000, `${path}: ${size}, number "${number}"`);
    }
    t.true(periods.size >= 3);
  },
);

test.serial(
  'rx-dump -W ends after so many files without any frame, and replaces a file only by a whole one',
  async (t) => {
    await createDevice('few0');
    const folder = makeFolder('few0');
    const reader = start(['rx-dump', 'few0', '-w', join(folder, 'few'), '-G', '1', '-W', '3', '--pcap']);
    const { code, stderr } = await reader.ended();
    t.is(code, 0, stderr);
    t.regex(stderr, /^0 packets captured$/m);
    t.deepEqual(readdirSync(folder), ['few', 'few1', 'few2']);
    for (const name of readdirSync(folder)) t.deepEqual(framesIn(join(folder, name)), []);
  },
);

test.serial('SIGHUP makes rx-dump begin a new file, without loss', async (t) => {
  const device = await createDevice('hup0');
  const folder = makeFolder('hup0');
  const path = join(folder, 'log.pcapng');
  const reader = start(['rx-dump', 'hup0', '-w', path, '-U']);
  await reader.waitFor(/listening/, 'stderr');
  const bytesOf = (name: string) => statSync(name, { throwIfNoEntry: false })?.size ?? 0;
  const [moved, numbered] = [`${path}.old`, `${path}1`];
  const first = device.startSending(1, 300, 1000);
  await eventually(() => bytesOf(path) > 5000, 'some frames');
  renameSync(path, moved);
  reader.signal('SIGHUP');
  await first.ended();
  const second = device.startSending(1, 300, 1000);
  await eventually(() => bytesOf(path) > 5000, 'a new file');
  reader.signal('SIGHUP');
  await second.ended();
  await eventually(() => bytesOf(numbered) > 5000, 'one more');
  await device.send(1, 300);
  await eventually(() => ipLink('hup0').stats64.tx.packets === 900, 'the last frame');
  const { code, stderr } = await reader.stop();
  t.is(code, 0, stderr);
  t.deepEqual(readdirSync(folder), ['log.pcapng', 'log.pcapng.old', 'log.pcapng1']);
  t.deepEqual(numbersIn([moved, numbered, path]), [...upTo(300), ...upTo(300), ...upTo(300)]);
});

for (const [name, suffix] of [
  ['kill0', ''],
  ['killgz0', '.gz'],
] as const) {
  test.serial(
    `a killed rx-dump leaves a readable file of every frame so far, with the suffix ${suffix}.part`,
    async (t) => {
      const device = await createDevice(name);
      const folder = makeFolder(name);
      const path = join(folder, `c.pcapng${suffix}`);
      const reader = start(['rx-dump', name, '-w', path, '-C', '10k', '-U']);
      await reader.waitFor(/listening/, 'stderr');
      await device.send(1, 200, 500);
      await eventually(() => ipLink(name).stats64.tx.packets === 200, 'the last frame');
      const names = () => readdirSync(folder).toSorted((a, b) => a.length - b.length || a.localeCompare(b));
      const seen = () => {
        try {
          return numbersIn(names().map((name) => join(folder, name))).length === 200;
        } catch {
          return false;
        }
      };
      await eventually(seen, 'every frame in the files, though they wait for no more');
      reader.signal('SIGKILL');
      t.is((await reader.ended()).signal, 'SIGKILL');
      const left = names();
      t.true(left.length > 2);
      t.deepEqual(
        left.filter((name) => name.endsWith('.part')),
        [`c.pcapng${left.length - 1}${suffix}.part`],
      );
      const order = left.toSorted((a, b) => Number(/g(\d*)/.exec(a)![1]) - Number(/g(\d*)/.exec(b)![1]));
      t.deepEqual(numbersIn(order.map((name) => join(folder, name))), upTo(200));
    },
  );
}

test.serial('rx-dump ends and leaves a whole file when its terminal is closed', async (t) => {
  const device = await createDevice('term0');
  const folder = makeFolder('term0');
  const path = join(folder, 'c.pcapng');
  const pidFile = join(folder, 'pid');
  const command = `echo $$ > ${pidFile}; exec ${RTAP} rx-dump term0 -w ${path}`;
  const terminal = startOnTerminal(command);
  await terminal.waitFor(/listening/);
  await device.send(1, 5);
  await eventually(() => ipLink('term0').stats64.tx.packets === 5, 'the last frame');
  const pid = Number(readFileSync(pidFile, 'utf8'));
  await terminal.stop('SIGKILL');
  await eventually(() => !existsSync(`/proc/${pid}`), 'the end of rx-dump');
  t.deepEqual(readdirSync(folder), ['c.pcapng', 'pid'], 'it was no wish for another file');
  t.deepEqual(numbersIn([path]), upTo(5));
});

for (const format of ['pcapng', 'pcap']) {
  test.serial(
    `rx-dump names the file, and leaves whole files of ${format}, when the disk is full`,
    async (t) => {
      const name = `full${format.length}`;
      const device = await createDevice(name);
      const disk = makeFolder(`${name}-disk`);
      const kept = makeFolder(`${name}-kept`);
      const script = `mount -t tmpfs -o size=256k none "$0" || exit 99
      "$1" rx-dump ${name} -w "$0/f.${format}" -C 64k; code=$?; cp "$0"/* "$2"; exit $code`;
      const reader = new RunningProcess('unshare', ['-m', 'sh', '-c', script, disk, RTAP, kept]);
      await reader.waitFor(/listening/, 'stderr');
      const sender = device.startSending(1, 6000, 100);
      const { code, stderr } = await reader.ended();
      await sender.ended();
      t.is(code, 2, stderr);
      const full = `f.${format}3.part`;
      t.regex(stderr, new RegExp(`^rtap: cannot write "${join(disk, full)}": write failed with ENOSPC`, 'm'));
      t.regex(stderr, /^hint: make room/m);
      t.regex(stderr, /^\d+ packets not written/m);
      t.deepEqual(readdirSync(kept), [`f.${format}`, `f.${format}1`, `f.${format}2`, full]);
      const numbers = numbersIn(readdirSync(kept).map((file) => join(kept, file)));
      t.deepEqual(numbers, upTo(numbers.length));
      t.true(numbers.length > 1000);
    },
  );
}

test.serial('rx-dump prints an error and its counts when it cannot make the next file', async (t) => {
  const device = await createDevice('gone0');
  const folder = makeFolder('gone0');
  const reader = start(['rx-dump', 'gone0', '-w', join(folder, 'f'), '-C', '10']);
  await reader.waitFor(/listening/, 'stderr');
  await device.send(1, 3);
  rmSync(folder, { recursive: true });
  reader.signal('SIGHUP');
  const { code, stderr } = await reader.ended();
  t.is(code, 2, stderr);
  t.regex(stderr, /^3 packets captured$/m);
  t.regex(
    stderr,
    new RegExp(`^rtap: cannot write "${join(folder, 'f')}(\\.part)?": write failed with ENOENT`, 'm'),
  );
});
