import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { networkNamespaceCookie } from '../../src/sys/network-namespace.js';
import type { IpLink } from '../kernel/ip-link.js';
import { testedRtap } from '../kernel/tested-rtap.js';
import { enterWorkspace } from '../kernel/workspace.js';
import { LaunchedProcess } from './launched-process.js';
import { type Slot, slotOf } from './slots.js';

/** A device of the soak, as ip(8) prints it. */
export interface SiteDevice {
  readonly slot: Slot;
  readonly away: boolean;
  readonly link: IpLink;
}

/** Where the soak works: two private network namespaces, a runtime directory, and a built rtap. */
export class SoakSite {
  readonly runtime: string;
  readonly rtap: string;
  readonly awayPid: number;
  /** Descriptors that a fresh holder has open besides its queues, by kind. Other holders must have the same. */
  holderOpens: Readonly<Record<string, number>> = {};
  readonly #cookie = networkNamespaceCookie();

  private constructor(runtime: string, rtap: string, awayPid: number) {
    this.runtime = runtime;
    this.rtap = rtap;
    this.awayPid = awayPid;
  }

  /** Moves this process into the first namespace. */
  static async enter(): Promise<SoakSite> {
    const { runtime } = enterWorkspace();
    const rtap = testedRtap();
    const script = 'echo 1 > /proc/sys/net/ipv6/conf/default/disable_ipv6; echo there; exec sleep infinity';
    const { RTAP_RUNTIME_DIR: _, ...env } = process.env;
    const away = spawn('unshare', ['-n', 'sh', '-c', script], {
      env,
      stdio: ['ignore', 'pipe', 'inherit'],
      detached: true,
    });
    process.on('exit', () => away.kill());
    await once(away.stdout!, 'data');
    away.unref();
    return new SoakSite(runtime, rtap, away.pid!);
  }

  /** Runs rtap to its end. Returns what it printed on both streams. Throws if its exit code is not 0. */
  async run(
    words: readonly string[],
    away = false,
  ): Promise<{ readonly stdout: string; readonly stderr: string }> {
    const netns = away ? ['--netns', String(this.awayPid)] : [];
    const { code, stdout, stderr } = await new LaunchedProcess(this.rtap, [...words, ...netns]).ended();
    if (code !== 0) throw new Error(`rtap ${words.join(' ')}: exit ${code}\n${stderr}`);
    return { stdout, stderr };
  }

  async json<T>(words: readonly string[], away = false): Promise<T> {
    return JSON.parse((await this.run([...words, '--json'], away)).stdout) as T;
  }

  /** All devices of both namespaces. */
  devices(): SiteDevice[] {
    return [false, true].flatMap((away) =>
      this.links(away).flatMap((link) => {
        const slot = slotOf(link.ifname);
        return slot === undefined ? [] : [{ slot, away, link }];
      }),
    );
  }

  /** All links of one namespace. */
  links(away: boolean): IpLink[] {
    const inside = away ? ['nsenter', '-t', String(this.awayPid), '-n'] : [];
    const [program = '', ...words] = [...inside, 'ip', '-j', '-d', '-s', 'link', 'show'];
    const { stdout, stderr, status } = spawnSync(program, words, { encoding: 'utf8', maxBuffer: 2 ** 28 });
    if (status !== 0) throw new Error(`ip: ${stderr}`);
    return JSON.parse(stdout) as IpLink[];
  }

  /** Returns the text of the file `name` in a device's runtime folder, or '{}'. */
  deviceFile({ away, link }: SiteDevice, name: string): string {
    const cookies = readdirSync(this.runtime).filter((cookie) => (cookie === this.#cookie) !== away);
    const found = cookies
      .map((cookie) => join(this.runtime, cookie, String(link.ifindex), name))
      .find(isFile);
    return found === undefined ? '{}' : readFileSync(found, 'utf8');
  }
}

function isFile(path: string): boolean {
  try {
    readFileSync(path);
    return true;
  } catch {
    return false;
  }
}
