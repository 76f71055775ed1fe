import { spawnSync } from 'node:child_process';
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmdirSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { RTAP } from './command.js';
import { eventually } from './deadline.js';
import { type Outcome, RunningProcess } from './running-process.js';

const BOOT = fileURLToPath(new URL('../systemd/boot', import.meta.url));
const MODULES = fileURLToPath(new URL('../../node_modules', import.meta.url));
const SYSTEMD = '/lib/systemd/systemd';
const PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

/** What `boot` does that a container may not. */
const TRIAL = `
mount --make-rprivate / && mount -t tmpfs none /mnt && mkdir /mnt/files /mnt/work /mnt/root &&
mount -t overlay -o lowerdir=/,upperdir=/mnt/files,workdir=/mnt/work overlay /mnt/root &&
mount -t cgroup2 none /mnt/root/mnt && mknod /mnt/root/null c 1 3 && : >/mnt/root/null &&
ls /mnt/root${SYSTEMD} >/mnt/root/null`;

/** Why no systemd can be booted here. Undefined if one can. */
export function missingForSystemd(): string | undefined {
  if (!existsSync(SYSTEMD)) return `no ${SYSTEMD} here (bin/setup --test)`;
  if (controlGroups() === undefined) return 'no cgroup2 is mounted here';
  const { status, stderr } = spawnSync('unshare', ['--mount', '--cgroup', 'sh', '-c', TRIAL], {
    encoding: 'utf8',
  });
  return status === 0 ? undefined : `no systemd can be booted here: ${stderr.trim()}`;
}

/** Where the control groups of version 2 are mounted. */
function controlGroups(): string | undefined {
  const { stdout } = spawnSync('findmnt', ['-n', '-t', 'cgroup2', '-o', 'TARGET'], { encoding: 'utf8' });
  return stdout?.split('\n')[0] || undefined;
}

/** A systemd with rtap and some units, in namespaces of its own, until `end`. */
export class SystemdMachine {
  readonly #boot: RunningProcess;
  readonly #group: string;
  readonly #pid: number;

  private constructor(boot: RunningProcess, group: string, pid: number) {
    this.#boot = boot;
    this.#group = group;
    this.#pid = pid;
  }

  /** Boots it with the unit files `units`. `directory` is for its files. */
  static async boot(units: readonly string[], directory: string): Promise<SystemdMachine> {
    const group = join(controlGroups()!, `rtap-test-${process.pid}`);
    mkdirSync(group);
    mkdirSync(join(directory, 'units'));
    for (const unit of units)
      copyFileSync(unit, join(directory, 'units', unit.slice(dirname(unit).length + 1)));
    const rtap = dirname(dirname(realpathSync(RTAP)));
    const words = [directory, group, realpathSync(process.execPath), rtap, realpathSync(MODULES)];
    const boot = new RunningProcess(BOOT, words);
    const pid = await eventually(() => firstProcess(boot), 'systemd to start');
    const machine = new SystemdMachine(boot, group, pid);
    await eventually(
      () => machine.#isUp(),
      () => `systemd to boot: ${boot.stdout} ${boot.stderr}`,
    );
    return machine;
  }

  /** Starts a program in the machine. */
  start(...words: readonly string[]): RunningProcess {
    return new RunningProcess('nsenter', this.#words(words));
  }

  /** Sends SIGINT to a program that was started in the machine, and waits for its end. nsenter(1) passes no signals on. */
  stop(program: RunningProcess): Promise<Outcome> {
    process.kill(childOf(program)!, 'SIGINT');
    return program.ended();
  }

  /** Runs a program in the machine to its end. */
  run(...words: readonly string[]): Promise<Outcome> {
    return this.start(...words).ended();
  }

  /** As `run`, and returns its standard output. Throws if it fails. */
  async done(...words: readonly string[]): Promise<string> {
    const { code, stdout, stderr } = await this.run(...words);
    if (code !== 0) throw new Error(`${words.join(' ')}: exit ${code}\n${stdout}${stderr}`);
    return stdout;
  }

  /** The properties of a unit, as `systemctl show` prints them. */
  async show(unit: string): Promise<Readonly<Record<string, string>>> {
    const lines = (await this.done('systemctl', 'show', unit)).split('\n');
    return Object.fromEntries(
      lines.map((line) => [line.split('=', 1)[0]!, line.slice(line.indexOf('=') + 1)]),
    );
  }

  /** The lines in the journal of a unit, oldest first, that the further options of journalctl(1) choose. */
  async journal(unit: string, ...options: readonly string[]): Promise<string[]> {
    const words = ['--no-pager', '--output=cat', '--quiet', `--unit=${unit}`, ...options];
    return (await this.done('journalctl', ...words)).trimEnd().split('\n');
  }

  #isUp(): boolean {
    const [program = '', ...words] = [
      'nsenter',
      ...this.#words(['systemctl', 'is-active', 'multi-user.target']),
    ];
    return spawnSync(program, words, { encoding: 'utf8' }).stdout === 'active\n';
  }

  #words(words: readonly string[]): string[] {
    return ['--target', String(this.#pid), '--all', 'env', '-i', `PATH=${PATH}`, 'NO_COLOR=1', ...words];
  }

  async end(): Promise<void> {
    await this.#boot.stop('SIGKILL');
    await eventually(() => removeGroups(this.#group), 'the processes of systemd to end');
  }
}

/** The first process of the namespace that `boot` makes, once it is systemd. */
function firstProcess(boot: RunningProcess): number | undefined {
  const child = childOf(boot);
  return child !== undefined && readFileSync(`/proc/${child}/comm`, 'utf8') === 'systemd\n'
    ? child
    : undefined;
}

function childOf({ pid }: RunningProcess): number | undefined {
  const child = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim();
  return child === '' ? undefined : Number(child);
}

/** Returns false while a process is left in one of them. */
function removeGroups(group: string): boolean {
  const within = readdirSync(group, { withFileTypes: true }).filter((entry) => entry.isDirectory());
  if (!within.every(({ name }) => removeGroups(join(group, name)))) return false;
  try {
    rmdirSync(group);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EBUSY') return false;
    throw error;
  }
}
