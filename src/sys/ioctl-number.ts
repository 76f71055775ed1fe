import { ARCHITECTURE } from './platform.js';

/** How an architecture packs an ioctl number: bits of the size field, and the directions. */
export interface IoctlPacking {
  readonly sizeBits: number;
  readonly none: number;
  readonly write: number;
  readonly read: number;
}

// Source: include/uapi/asm-generic/ioctl.h
const GENERIC: IoctlPacking = { sizeBits: 14, none: 0, write: 1, read: 2 };
// Source: arch/{powerpc,mips,sparc}/include/uapi/asm/ioctl.h
const POWER: IoctlPacking = { sizeBits: 13, none: 1, write: 4, read: 2 };

/** Returns how the processor `architecture` (in Node's spelling) packs ioctl numbers. */
export function ioctlPacking(architecture: string): IoctlPacking {
  return /^(ppc|mips|sparc)/.test(architecture) ? POWER : GENERIC;
}

const SIZE_SHIFT = 16;
const TYPE_SHIFT = 8;

function pack(packing: IoctlPacking, direction: number, type: number, number: number, size: number): number {
  const directionFactor = 2 ** (SIZE_SHIFT + packing.sizeBits);
  return direction * directionFactor + (size << SIZE_SHIFT) + (type << TYPE_SHIFT) + number;
}

const INT_BYTES = 4;
const TUN_TYPE = 'T'.charCodeAt(0);

/** The ioctl numbers of a TUN descriptor, by their names in if_tun.h. */
export interface TunIoctls {
  readonly TUNSETIFF: number;
  readonly TUNSETPERSIST: number;
  readonly TUNSETOWNER: number;
  readonly TUNSETGROUP: number;
  readonly TUNSETOFFLOAD: number;
  readonly TUNSETTXFILTER: number;
  readonly TUNGETIFF: number;
  readonly TUNGETVNETHDRSZ: number;
  readonly TUNSETVNETHDRSZ: number;
  readonly TUNSETQUEUE: number;
  readonly TUNSETSTEERINGEBPF: number;
  readonly TUNGETDEVNETNS: number;
}

/** Returns the TUN ioctl numbers of an architecture. Source: include/uapi/linux/if_tun.h. */
export function tunIoctls(architecture: string): TunIoctls {
  const packing = ioctlPacking(architecture);
  const writes = (number: number) => pack(packing, packing.write, TUN_TYPE, number, INT_BYTES);
  const reads = (number: number) => pack(packing, packing.read, TUN_TYPE, number, INT_BYTES);
  return {
    TUNSETIFF: writes(202),
    TUNSETPERSIST: writes(203),
    TUNSETOWNER: writes(204),
    TUNSETGROUP: writes(206),
    TUNSETOFFLOAD: writes(208),
    TUNSETTXFILTER: writes(209),
    TUNGETIFF: reads(210),
    TUNGETVNETHDRSZ: reads(215),
    TUNSETVNETHDRSZ: writes(216),
    TUNSETQUEUE: writes(217),
    TUNSETSTEERINGEBPF: reads(224),
    TUNGETDEVNETNS: pack(packing, packing.none, TUN_TYPE, 227, 0),
  };
}

/** The TUN ioctl numbers of this machine. */
export const TUN_IOCTL = tunIoctls(ARCHITECTURE);
