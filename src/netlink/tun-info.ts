import { IFF_TAP } from '../sys/tun.js';
import type { AttributeCursor } from './attribute.js';

// Source: include/uapi/linux/if_link.h, IFLA_INFO_DATA of a link of kind `tun`
export const IFLA_TUN_OWNER = 1; //               __u32
export const IFLA_TUN_GROUP = 2; //               __u32
export const IFLA_TUN_TYPE = 3; //                __u8, IFF_TUN or IFF_TAP
export const IFLA_TUN_PI = 4; //                  __u8
export const IFLA_TUN_VNET_HDR = 5; //            __u8
export const IFLA_TUN_PERSIST = 6; //             __u8
export const IFLA_TUN_MULTI_QUEUE = 7; //         __u8
export const IFLA_TUN_NUM_QUEUES = 8; //          __u32, for multi-queue devices only
export const IFLA_TUN_NUM_DISABLED_QUEUES = 9; // __u32, for multi-queue devices only

/** What the TUN driver says of its device. Since Linux 4.18. */
export interface TunInfo {
  readonly type: 'tap' | 'tun';
  /** uid that may attach. Absent when none was set. */
  readonly owner?: number;
  /** gid that may attach. Absent when none was set. */
  readonly group?: number;
  /** Frames carry struct tun_pi in front. */
  readonly packetInformation: boolean;
  /** Frames carry a virtio-net header in front. */
  readonly vnetHeader: boolean;
  /** The device stays while no process is attached. */
  readonly persist: boolean;
  readonly multiQueue: boolean;
  /**
   * Queues that all processes together have attached now. The kernel counts them for multi-queue devices only. For
   * others it follows from the carrier, which the driver keeps on exactly while a process is attached.
   */
  readonly queues: number;
  /** Queues that are switched off (IFF_DETACH_QUEUE) while their descriptor is open. */
  readonly disabledQueues: number;
}

/** A TunInfo under construction. What the kernel does not send keeps its default. */
type Draft = { -readonly [Field in keyof TunInfo]: TunInfo[Field] };

/** Reads the attributes of IFLA_INFO_DATA. `carrier` is the link's. */
export function decodeTunInfo(attributes: AttributeCursor, carrier: boolean): TunInfo {
  const info: Draft = {
    type: 'tun',
    packetInformation: false,
    vnetHeader: false,
    persist: false,
    multiQueue: false,
    queues: carrier ? 1 : 0,
    disabledQueues: 0,
  };
  while (attributes.next()) decodeAttribute(info, attributes);
  return info;
}

function decodeAttribute(info: Draft, attribute: AttributeCursor): void {
  switch (attribute.type) {
    case IFLA_TUN_OWNER:
      info.owner = attribute.u32();
      break;
    case IFLA_TUN_GROUP:
      info.group = attribute.u32();
      break;
    case IFLA_TUN_TYPE:
      info.type = attribute.u8() === IFF_TAP ? 'tap' : 'tun';
      break;
    case IFLA_TUN_PI:
      info.packetInformation = attribute.u8() !== 0;
      break;
    case IFLA_TUN_VNET_HDR:
      info.vnetHeader = attribute.u8() !== 0;
      break;
    case IFLA_TUN_PERSIST:
      info.persist = attribute.u8() !== 0;
      break;
    case IFLA_TUN_MULTI_QUEUE:
      info.multiQueue = attribute.u8() !== 0;
      break;
    case IFLA_TUN_NUM_QUEUES:
      info.queues = attribute.u32();
      break;
    case IFLA_TUN_NUM_DISABLED_QUEUES:
      info.disabledQueues = attribute.u32();
      break;
  }
}
