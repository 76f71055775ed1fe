import { spawnSync } from 'node:child_process';
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { withDeadline } from '../deadline.js';
import { RunningProcess } from '../running-process.js';
import type { Workspace } from '../workspace.js';
import { missingPlugins, OTHER_PLUGINS, type PluginFolder } from './plugin.js';

const BUSYBOX = '/bin/busybox';
const APPLETS = ['sh', 'ip', 'ping', 'sleep', 'ls', 'cat', 'grep'];
const IMAGE = 'taps:1';
/** A container that is alone on two busy cores is there in a second. */
const COMMAND_MS = 180_000;

/**
 * What Podman writes to /run goes with the mount namespace. crun wants cgroups of version 2 alone, where this machine mixes them: the
 * containers get none.
 */
const HOST = [
  'mount -t tmpfs none /run',
  'if [ ! -e /sys/fs/cgroup/cgroup.controllers ]; then umount -R /sys/fs/cgroup && mount -t cgroup2 none /sys/fs/cgroup; fi',
  'mkdir /run/rtap',
  'ip link set lo up',
  'echo ready',
  'read _',
].join(' && ');

/** Why no container can run here. undefined if one can. */
export function missingForPodman(): string | undefined {
  if (missingPlugins !== undefined) return missingPlugins;
  if (spawnSync('podman', ['--version']).error !== undefined) return 'no podman here (bin/setup --test)';
  if (!knowsCni()) return 'this Podman knows no CNI';
  const isStatic = existsSync(BUSYBOX) && spawnSync('ldd', [BUSYBOX]).status !== 0;
  return isStatic ? undefined : `no static ${BUSYBOX} here (bin/setup --test)`;
}

/** Podman 5 and later are built without. */
function knowsCni(): boolean {
  const directory = mkdtempSync(join(tmpdir(), 'rtap-podman-'));
  try {
    const conf = join(directory, 'containers.conf');
    writeFileSync(conf, '[network]\nnetwork_backend = "cni"\n');
    const places = ['--root', join(directory, 'store'), '--runroot', join(directory, 'run-root')];
    const { stderr } = spawnSync('podman', [...places, '--storage-driver', 'vfs', 'info'], {
      encoding: 'utf8',
      env: { ...process.env, CONTAINERS_CONF: conf },
    });
    return !/cni support is not enabled/.test(stderr);
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

/**
 * A machine with Podman: namespaces of its own for the network and for mounts, storage of its own, and one network of rtap. It ends
 * with this process.
 */
export class PodmanHost {
  readonly #host: RunningProcess;
  readonly #words: readonly string[];
  readonly #configuration: string;

  private constructor(host: RunningProcess, directory: string) {
    this.#host = host;
    this.#configuration = join(directory, 'containers.conf');
    const places = ['--root', join(directory, 'store'), '--runroot', join(directory, 'run-root')];
    this.#words = ['podman', ...places, '--storage-driver', 'vfs'];
  }

  /** Makes the machine, its image and the network `taps` with the plugins `plugins`. */
  static async make(
    workspace: Workspace,
    folder: PluginFolder,
    plugins: readonly object[],
  ): Promise<PodmanHost> {
    const directory = join(workspace.directory, 'podman');
    const networks = join(directory, 'networks');
    mkdirSync(networks, { recursive: true });
    const list = { cniVersion: '1.0.0', name: 'taps', plugins };
    writeFileSync(join(networks, 'taps.conflist'), JSON.stringify(list));
    writeFileSync(join(directory, 'containers.conf'), containersConf(directory, networks, folder));
    const host = new RunningProcess('unshare', ['--net', '--mount', 'sh', '-c', HOST], { inputOpen: true });
    await host.waitFor(/ready/);
    const podman = new PodmanHost(host, directory);
    await podman.podman('import', makeImage(directory), IMAGE);
    return podman;
  }

  /** Starts a program of the machine. */
  start(...words: readonly string[]): RunningProcess {
    return this.#start(words, false);
  }

  #start(words: readonly string[], inputOpen: boolean): RunningProcess {
    // Podman gives the plugin few variables when it cleans up, so the runtime directory is /run/rtap, which is the machine's own.
    const env = { CONTAINERS_CONF: this.#configuration, RTAP_RUNTIME_DIR: undefined };
    return new RunningProcess('nsenter', ['-t', String(this.#host.pid), '-n', '-m', ...words], {
      env,
      inputOpen,
    });
  }

  /** Runs a program of the machine to its end, and returns what it printed. Throws if it fails. */
  async run(...words: readonly string[]): Promise<string> {
    const ended = this.start(...words).ended();
    const { code, stdout, stderr } = await withDeadline(ended, words.join(' '), COMMAND_MS);
    if (code !== 0) throw new Error(`${words.join(' ')}: exit ${code}\n${stdout}${stderr}`);
    return stdout;
  }

  /** Runs Podman, and returns what it printed. Throws if it fails. */
  podman(...words: readonly string[]): Promise<string> {
    return this.run(...this.#words, ...words);
  }

  /** Runs a command in a container of the network that ends with it, and returns what it printed. */
  runOnce(...words: readonly string[]): Promise<string> {
    return this.podman('run', '--rm', '--network', 'taps', IMAGE, ...words);
  }

  /** Starts a container of the network that does nothing, with more options of `podman run`. */
  async startContainer(name: string, ...options: readonly string[]): Promise<void> {
    await this.podman('run', '-d', '--name', name, '--network', 'taps', ...options, IMAGE, 'sleep', '3600');
  }

  /** Starts a container of the network that runs `words` with our standard input and output, and is gone when they end. */
  startAttached(name: string, options: readonly string[], words: readonly string[]): RunningProcess {
    const run = ['run', '-i', '--rm', '--name', name, '--network', 'taps', ...options, IMAGE];
    return this.#start([...this.#words, ...run, ...words], true);
  }

  /** The files in the runtime directory, without the counts that processes that ended have left for a device. */
  async runtimeFiles(): Promise<string[]> {
    const files = await this.run('find', '/run/rtap', '-mindepth', '1', '-not', '-name', 'folded.json');
    return files.split('\n').filter(Boolean).sort();
  }

  /** The path of the network namespace of a running container, for programs outside. */
  async netnsOf(name: string): Promise<string> {
    const pid = await this.podman('inspect', '--format', '{{.State.Pid}}', name);
    return `/proc/${pid.trim()}/ns/net`;
  }
}

/** Limits that a test without CAP_SYS_RESOURCE can set, and nothing of the user's own configuration. */
function containersConf(directory: string, networks: string, { path }: PluginFolder): string {
  mkdirSync(join(directory, 'tmp'));
  return [
    '[containers]',
    'cgroups = "disabled"',
    'seccomp_profile = "unconfined"',
    'apparmor_profile = ""',
    'default_ulimits = ["nofile=1024:1024", "nproc=1000:1000"]',
    '[network]',
    'network_backend = "cni"',
    `cni_plugin_dirs = ${JSON.stringify([path, OTHER_PLUGINS])}`,
    `network_config_dir = ${JSON.stringify(networks)}`,
    '[engine]',
    'runtime = "crun"',
    'cgroup_manager = "cgroupfs"',
    'events_logger = "none"',
    'lock_type = "file"',
    `tmp_dir = ${JSON.stringify(join(directory, 'tmp'))}`,
    '',
  ].join('\n');
}

/** A file system of busybox, as `podman import` takes it. */
function makeImage(directory: string): string {
  const root = join(directory, 'root');
  for (const folder of ['bin', 'etc', 'proc', 'sys', 'dev', 'tmp', 'run'])
    mkdirSync(join(root, folder), { recursive: true });
  cpSync(BUSYBOX, join(root, 'bin/busybox'));
  for (const applet of APPLETS) symlinkSync('busybox', join(root, 'bin', applet));
  const image = join(directory, 'image.tar');
  const { status, stderr } = spawnSync('tar', ['-C', root, '-cf', image, ...readdirSync(root)], {
    encoding: 'utf8',
  });
  if (status !== 0) throw new Error(`tar: ${stderr}`);
  return image;
}
