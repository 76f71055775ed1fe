import { existsSync, mkdirSync, readdirSync, readFileSync, readlinkSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { RTAP } from '../command.js';
import { eventually } from '../deadline.js';
import { OtherNamespace } from '../other-namespace.js';
import { type Outcome, RunningProcess } from '../running-process.js';
import type { Workspace } from '../workspace.js';
import { errorFaults, type Result, resultFaults } from './specification.js';

/** Where distributions put the plugins of containernetworking-plugins. */
const PLUGIN_FOLDERS = ['/usr/lib/cni', '/usr/libexec/cni', '/opt/cni/bin'];
const IPAM = fileURLToPath(new URL('../../peers/ipam_plugin.py', import.meta.url));

/** The folder with the plugins of other people. undefined if there is none here. */
export const OTHER_PLUGINS = PLUGIN_FOLDERS.find((folder) => existsSync(join(folder, 'host-local')));
/** Why no test with these plugins can run. */
export const missingPlugins =
  OTHER_PLUGINS === undefined ? 'no containernetworking-plugins here (bin/setup --test)' : undefined;

/** A network configuration, as a test writes it. */
export type Configuration = Readonly<Record<string, unknown>>;

/** Variables in place of those of a call. */
export type Variables = Readonly<Record<string, string | undefined>>;

/** How a call ended. */
export interface Answer extends Outcome {
  /** What it printed. undefined if that was nothing. Throws if it was no JSON. */
  readonly json: unknown;
}

/** A CNI folder with a link to rtap, as an administrator makes it, and calls of that as a runtime makes them. */
export class PluginFolder {
  readonly path: string;
  readonly link: string;
  readonly ipamLog: string;
  readonly #data: string;

  constructor({ directory }: Workspace) {
    this.path = join(directory, 'plugins');
    this.link = join(this.path, 'rtap');
    this.ipamLog = join(directory, 'ipam.log');
    this.#data = join(directory, 'host-local');
    mkdirSync(this.path);
    symlinkSync(RTAP, this.link);
    symlinkSync(IPAM, join(this.path, 'ipam'));
  }

  /** The value of CNI_PATH. */
  get search(): string {
    return OTHER_PLUGINS === undefined ? this.path : `${this.path}:${OTHER_PLUGINS}`;
  }

  /** A configuration for host-local. */
  hostLocal(subnet = '192.0.2.0/24'): Configuration {
    return { type: 'host-local', subnet, dataDir: this.#data, routes: [{ dst: '0.0.0.0/0' }] };
  }

  /** A configuration for the plugin of test/peers, which gives one address. `members` says what else it does. */
  recorded(members: Configuration = {}): Configuration {
    const result = {
      ips: [{ address: '192.0.2.2/24', gateway: '192.0.2.1' }],
      routes: [{ dst: '0.0.0.0/0' }],
    };
    return { type: 'ipam', log: this.ipamLog, results: { ADD: result }, ...members };
  }

  /** How the plugin of test/peers was called since the last time. */
  takeCalls(): Record<string, unknown>[] {
    const lines = existsSync(this.ipamLog) ? readFileSync(this.ipamLog, 'utf8').trim().split('\n') : [];
    const calls = lines.slice(this.#seen).map((line) => JSON.parse(line) as Record<string, unknown>);
    this.#seen = lines.length;
    return calls;
  }
  #seen = 0;

  /** The addresses that host-local has given away. */
  reservations(): string[] {
    if (!existsSync(this.#data)) return [];
    return readdirSync(this.#data, { recursive: true, encoding: 'utf8' }).filter((name) =>
      /\/[\d.:]+$/.test(name),
    );
  }

  /** Starts one call. */
  start(verb: string, configuration: Configuration | string, variables: Variables = {}): RunningProcess {
    const env = { CNI_COMMAND: verb, CNI_PATH: this.search, ...variables };
    const input = typeof configuration === 'string' ? configuration : JSON.stringify(configuration);
    return new RunningProcess(this.link, [], { env, input });
  }

  /** Makes one call. Throws if it prints anything but one line of JSON, and if an error has not the form of the specification. */
  async call(verb: string, configuration: Configuration | string, variables?: Variables): Promise<Answer> {
    const outcome = await this.start(verb, configuration, variables).ended();
    const { code, stdout, stderr } = outcome;
    if (!/^(?:|[^\n]+\n)$/.test(stdout)) throw new Error(`${verb} printed ${stdout}`);
    const json: unknown = stdout === '' ? undefined : JSON.parse(stdout);
    const faults = code === 0 ? [] : errorFaults(json);
    if (faults.length > 0) throw new Error(`${verb}: ${faults.join('; ')}\n${stdout}${stderr}`);
    return { ...outcome, json };
  }
}

/** A container: a network namespace of its own, and its id. */
export class Container {
  readonly id: string;
  readonly namespace: OtherNamespace;
  readonly #folder: PluginFolder;

  private constructor(folder: PluginFolder, id: string, namespace: OtherNamespace) {
    this.#folder = folder;
    this.id = id;
    this.namespace = namespace;
  }

  static async make(folder: PluginFolder, id: string): Promise<Container> {
    return new Container(folder, id, await OtherNamespace.make());
  }

  get netns(): string {
    return `/proc/${this.namespace.name}/ns/net`;
  }

  get variables(): Variables {
    return { CNI_CONTAINERID: this.id, CNI_NETNS: this.netns, CNI_IFNAME: 'eth0' };
  }

  /** Makes one call for this container. */
  call(verb: string, configuration: Configuration, variables?: Variables): Promise<Answer> {
    return this.#folder.call(verb, configuration, { ...this.variables, ...variables });
  }

  /** Adds it to a network, and returns the result. Throws if that fails, or is not as the specification says. */
  async add(configuration: Configuration, variables?: Variables): Promise<Result> {
    const { code, json, stdout, stderr } = await this.call('ADD', configuration, variables);
    if (code !== 0) throw new Error(`ADD: exit ${code}\n${stdout}${stderr}`);
    const faults = resultFaults(json, String(configuration.cniVersion));
    if (faults.length > 0) throw new Error(`ADD: ${faults.join('; ')}\n${stdout}`);
    return json as Result;
  }

  /** The code of the error of one call. Throws if it succeeds. */
  async refusal(verb: string, configuration: Configuration, variables?: Variables): Promise<number> {
    const { code, json, stdout } = await this.call(verb, configuration, variables);
    if (code === 0) throw new Error(`${verb} succeeded: ${stdout}`);
    return (json as { readonly code: number }).code;
  }

  /** Runs ip(8) in it, and returns its JSON. */
  async ip<T = Readonly<Record<string, unknown>>[]>(...words: readonly string[]): Promise<T> {
    const text = await this.namespace.run('ip', '-j', '-d', ...words);
    return JSON.parse(text === '' ? '[]' : text) as T;
  }

  /** The names of its interfaces, without loopback. */
  async interfaces(): Promise<string[]> {
    const links = await this.ip<{ readonly ifname: string }[]>('link', 'show');
    return links.map(({ ifname }) => ifname).filter((name) => name !== 'lo');
  }

  /** The inode of its network namespace, which tells which processes are in it. */
  get inode(): string {
    return readlinkSync(this.netns);
  }
}

/** The processes in the network namespace `inode`. */
export function processesIn(inode: string): string[] {
  return readdirSync('/proc').filter((name) => {
    try {
      return /^\d+$/.test(name) && readlinkSync(`/proc/${name}/ns/net`) === inode;
    } catch {
      return false;
    }
  });
}

/** Waits until no process but `others` is in the network namespace `inode`. */
export async function untilEmpty(inode: string, others: readonly string[] = []): Promise<void> {
  const rest = () => processesIn(inode).filter((pid) => !others.includes(pid));
  await eventually(
    () => rest().length === 0,
    () => `the end of ${rest()} in ${inode}`,
  );
}
