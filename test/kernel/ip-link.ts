import { spawnSync } from 'node:child_process';

/** A TAP as ip(8) prints it. */
export interface IpLink {
  readonly ifindex: number;
  readonly ifname: string;
  readonly flags: readonly string[];
  readonly mtu: number;
  readonly operstate: string;
  readonly address: string;
  readonly txqlen: number;
  readonly promiscuity: number;
  readonly allmulti: number;
  readonly stats64: { readonly rx: IpCounters; readonly tx: IpCounters };
  readonly linkinfo: {
    readonly info_kind: string;
    readonly info_data: {
      readonly type: string;
      readonly pi: boolean;
      readonly vnet_hdr: boolean;
      readonly multi_queue: boolean;
      readonly numqueues?: number;
      readonly numdisabled?: number;
      readonly persist: boolean;
      readonly user?: string;
      readonly group?: string;
    };
  };
}

export interface IpCounters {
  readonly packets: number;
  readonly bytes: number;
  readonly dropped: number;
}

/** All links of this process's network namespace, as ip sees them. */
export function ipLinks(): IpLink[] {
  const { stdout, stderr, status } = spawnSync('ip', ['-j', '-d', '-s', 'link', 'show'], {
    encoding: 'utf8',
    maxBuffer: 2 ** 28,
  });
  if (status !== 0) throw new Error(`ip: ${stderr}`);
  return JSON.parse(stdout) as IpLink[];
}

/** One link as ip sees it; undefined if there is none. */
export function findIpLink(name: string): IpLink | undefined {
  return ipLinks().find((link) => link.ifname === name);
}

/** One link as ip sees it. */
export function ipLink(name: string): IpLink {
  const link = findIpLink(name);
  if (link === undefined) throw new Error(`ip shows no ${name}`);
  return link;
}
