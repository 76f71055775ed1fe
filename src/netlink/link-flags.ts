// Source: include/uapi/linux/if.h, enum net_device_flags
export const IFF_UP = 0x1;
export const IFF_BROADCAST = 0x2;
export const IFF_DEBUG = 0x4;
export const IFF_LOOPBACK = 0x8;
export const IFF_POINTOPOINT = 0x10;
export const IFF_NOTRAILERS = 0x20;
export const IFF_RUNNING = 0x40;
export const IFF_NOARP = 0x80;
export const IFF_PROMISC = 0x100;
export const IFF_ALLMULTI = 0x200;
export const IFF_MASTER = 0x400;
export const IFF_SLAVE = 0x800;
export const IFF_MULTICAST = 0x1000;
export const IFF_PORTSEL = 0x2000;
export const IFF_AUTOMEDIA = 0x4000;
export const IFF_DYNAMIC = 0x8000;
export const IFF_LOWER_UP = 0x10000;
export const IFF_DORMANT = 0x20000;
export const IFF_ECHO = 0x40000;

/** In the order and the words of ip(8): print_link_flags() in iproute2's ip/ipaddress.c. */
const NAMES: readonly (readonly [flag: number, name: string])[] = [
  [IFF_LOOPBACK, 'LOOPBACK'],
  [IFF_BROADCAST, 'BROADCAST'],
  [IFF_POINTOPOINT, 'POINTOPOINT'],
  [IFF_MULTICAST, 'MULTICAST'],
  [IFF_NOARP, 'NOARP'],
  [IFF_ALLMULTI, 'ALLMULTI'],
  [IFF_PROMISC, 'PROMISC'],
  [IFF_MASTER, 'MASTER'],
  [IFF_SLAVE, 'SLAVE'],
  [IFF_DEBUG, 'DEBUG'],
  [IFF_DYNAMIC, 'DYNAMIC'],
  [IFF_AUTOMEDIA, 'AUTOMEDIA'],
  [IFF_PORTSEL, 'PORTSEL'],
  [IFF_NOTRAILERS, 'NOTRAILERS'],
  [IFF_UP, 'UP'],
  [IFF_LOWER_UP, 'LOWER_UP'],
  [IFF_DORMANT, 'DORMANT'],
  [IFF_ECHO, 'ECHO'],
];

/** The results so far, by flags: many links have the same. */
const spelled = new Map<number, readonly string[]>();
const SPELLED_MAX = 64;

/**
 * The names of IFF_* as `ip -j link` lists them. NO-CARRIER comes first, for a link that is up and not running. Bits
 * without a name come last, in hexadecimal. ip's M-DOWN is not among them, since it is the state of another link.
 */
export function linkFlagNames(flags: number): readonly string[] {
  const known = spelled.get(flags);
  if (known !== undefined) return known;
  if (spelled.size === SPELLED_MAX) spelled.clear();
  const names = Object.freeze(spellFlags(flags));
  spelled.set(flags, names);
  return names;
}

function spellFlags(flags: number): string[] {
  const names: string[] = [];
  if ((flags & IFF_UP) !== 0 && (flags & IFF_RUNNING) === 0) names.push('NO-CARRIER');
  let rest = flags & ~IFF_RUNNING;
  for (const [flag, name] of NAMES) {
    if ((rest & flag) === 0) continue;
    names.push(name);
    rest &= ~flag;
  }
  if (rest !== 0) names.push((rest >>> 0).toString(16));
  return names;
}
