import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ExecutionContext } from 'ava';
import { serialIfAble } from '../able.js';
import { eventually } from '../deadline.js';
import { type Outcome, RunningProcess } from '../running-process.js';
import { enterWorkspace, runtimeEntries } from '../workspace.js';
import { type Configuration, Container, missingPlugins, PluginFolder, untilEmpty } from './plugin.js';

const workspace = enterWorkspace();
const folder = new PluginFolder(workspace);
const missing =
  spawnSync('strace', ['-V']).error === undefined ? missingPlugins : 'no strace here (bin/setup --test)';

/** The system calls that change something, or that are between two that do. */
const CALLS = [
  ...['setns', 'sendto', 'ioctl', 'clone', 'clone3', 'vfork'],
  ...['mkdir', 'rmdir', 'rename', 'unlink', 'chmod', 'fchmod', 'lchown', 'fchown', 'write'],
];
const STEPS_MIN = 40;

const HELD = { name: 'taps', type: 'rtap', hold: true };

/** Runs ADD under strace(1) with `words`. */
function traced(
  container: Container,
  configuration: Configuration,
  words: readonly string[],
): Promise<Outcome> {
  const env = { CNI_COMMAND: 'ADD', CNI_PATH: folder.search, ...container.variables };
  const options = { env, input: JSON.stringify(configuration) };
  return new RunningProcess('strace', [...words, folder.link], options).ended();
}

/** The calls of an ADD from the first moment at which it changes something, each with its number among those of its name. */
async function readSteps(
  container: Container,
  configuration: Configuration,
): Promise<[call: string, number: number][]> {
  const log = join(workspace.directory, 'trace');
  const { code, stderr } = await traced(container, configuration, ['-o', log, '-e', `trace=${CALLS}`]);
  if (code !== 0) throw new Error(`strace: exit ${code}\n${stderr}`);
  await container.call('DEL', configuration);
  const names = readFileSync(log, 'utf8')
    .split('\n')
    .flatMap((line) => /^(\w+)\(/.exec(line)?.[1] ?? []);
  const counts = new Map<string, number>();
  const steps = names.map((name): [string, number] => {
    counts.set(name, (counts.get(name) ?? 0) + 1);
    return [name, counts.get(name)!];
  });
  return steps.slice(names.indexOf('setns'));
}

serialIfAble(missing)(
  'an ADD that is killed before any of its system calls leaves nothing behind DEL or GC',
  run,
);

async function run(t: ExecutionContext): Promise<void> {
  t.timeout(1_200_000);
  const container = await Container.make(folder, 'killed');
  const collecting = {
    ...HELD,
    cniVersion: '1.1.0',
    ipam: folder.recorded(),
    'cni.dev/valid-attachments': [],
  };
  const deleting = { ...HELD, cniVersion: '1.0.0', ipam: folder.hostLocal() };
  const steps = await readSteps(container, deleting);
  t.true(steps.length >= STEPS_MIN, JSON.stringify(steps));
  let killed = 0;
  for (const [index, [call, number]] of steps.entries()) {
    const title = `${call} ${number}`;
    const inject = ['-e', `trace=${call}`, '-e', `inject=${call}:signal=SIGKILL:when=${number}`];
    const configuration = index % 3 === 2 ? collecting : deleting;
    const { signal } = await traced(container, configuration, ['-o', '/dev/null', ...inject]);
    if (signal === 'SIGKILL') killed += 1;
    const cleared = await clear(container, configuration, index);
    t.deepEqual([cleared.code, cleared.stdout], [0, ''], title);
    await untilNothing(container, title);
  }
  // The number of a call can differ from run to run; not that of all calls.
  t.true(killed > (2 * steps.length) / 3, `${killed} of ${steps.length} killed`);
}

/** By turns DEL, DEL without the path of the namespace, and GC. */
function clear(container: Container, configuration: Configuration, index: number): Promise<Outcome> {
  if (index % 3 === 2) return folder.call('GC', configuration);
  return container.call('DEL', configuration, index % 3 === 1 ? { CNI_NETNS: '' } : {});
}

/** A holder that was just being started finds no device and ends. */
async function untilNothing(container: Container, title: string): Promise<void> {
  await untilEmpty(container.inode, [container.namespace.name]);
  const interfaces = await container.interfaces();
  const left = () => [...interfaces, ...runtimeEntries(workspace), ...folder.reservations()];
  await eventually(
    () => left().length === 0,
    () => `the removal of ${left()} after ${title}`,
    10_000,
  );
}
