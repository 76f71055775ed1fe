import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import test from 'ava';
import { done, start } from '../command.js';
import { eventually } from '../deadline.js';
import { startForwarder } from '../fwd/forwarder.js';
import { ipLink } from '../ip-link.js';
import { threadNames } from '../process-state.js';
import type { RunningProcess } from '../running-process.js';
import { FlowDevice } from '../sent-flows.js';
import { enterWorkspace } from '../workspace.js';

const { directory } = enterWorkspace();

const FLOWS = 64;
const FRAMES = 150_000;
/** What the kernel logs when something in it is broken. */
const FAULT = /WARNING:|BUG:|Oops|general protection|hung task|stall/;

/** The kernel's log so far, with the time of each line; undefined if this machine does not show it. */
function kernelLog(): readonly string[] | undefined {
  const { status, stdout } = spawnSync('dmesg', [], { encoding: 'utf8', maxBuffer: 2 ** 26 });
  return status === 0 ? stdout.split('\n') : undefined;
}

/** Names of the threads that `processes` have while `loads` run, each once, and the most kernel workers that `writer` has. */
async function threadsWhile(
  loads: readonly RunningProcess[],
  processes: readonly RunningProcess[],
  writer: RunningProcess,
): Promise<{ readonly names: string[]; readonly writersMax: number }> {
  const names = new Set<string>();
  let writersMax = 0;
  const look = () => {
    for (const { pid } of [...processes, ...loads]) for (const name of threadNames(pid)) names.add(name);
    writersMax = Math.max(writersMax, threadNames(writer.pid).filter(isWorker).length);
    return loads.every(({ running }) => !running);
  };
  await eventually(look, 'the end of the load', 100_000);
  return { names: [...names], writersMax };
}

function isWorker(name: string): boolean {
  return name.startsWith('iou-');
}

test.serial('no kernel worker does the work of hold, rx-dump, tx-inject and fwd under load', async (t) => {
  t.timeout(180_000);
  const before = kernelLog();
  const words = ['--queues', '2', '--txqueuelen', '5000'];
  const held = await FlowDevice.create('work0', { words });
  const from = await FlowDevice.create('work1', { words });
  await done('create', 'work2', '--persist', '--up', '--queues', '2');
  const holder = start(['hold', 'work0']);
  await holder.waitFor(/ready/);
  const reader = start(['rx-dump', 'work0', '-w', join(directory, 'work.pcapng')]);
  await reader.waitFor(/listening/, 'stderr');
  const forwarder = await startForwarder(['work1', 'work2']);
  const frame = ['--udp', '10.9.9.9:1-10.9.9.8:2', '-t', '-L', String(FRAMES)];
  const loads = [
    held.startSending(FLOWS, FRAMES),
    from.startSending(FLOWS, FRAMES),
    start(['tx-inject', 'work0', '-q', '1', ...frame]),
    start(['tx-inject', 'work2', ...frame]),
  ];
  const { names, writersMax } = await threadsWhile(loads, [holder, forwarder], reader);
  for (const load of loads) t.is((await load.ended()).code, 0);
  t.true(ipLink('work0').stats64.rx.packets >= FRAMES, 'there was a load');
  t.true(names.includes('node'), `threads were seen: ${names}`);
  t.deepEqual(names.filter(isWorker), []);
  // It writes the file. Were the queues read by workers, there would be more.
  t.true(writersMax <= 1, `${writersMax} workers`);
  for (const program of [reader, forwarder, holder]) t.is((await program.stop()).code, 0, program.stderr);
  const after = kernelLog();
  if (before === undefined || after === undefined) {
    t.log('what the kernel says is not for this user');
    return;
  }
  const known = new Set(before);
  t.deepEqual(
    after.filter((line) => !known.has(line) && FAULT.test(line)),
    [],
  );
});
