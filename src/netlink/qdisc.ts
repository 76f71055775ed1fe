import { MalformedError } from '../errors.js';
import { LITTLE_ENDIAN } from '../sys/platform.js';
import { AttributeCursor } from './attribute.js';
import { MessageBuilder, type MessageCursor } from './message.js';

// Source: include/uapi/linux/rtnetlink.h, struct tcmsg. Bytes.
export const TCMSG_SIZE = 20;
export const TCM_IFINDEX = 4; // int
export const TCM_HANDLE = 8; //  __u32
export const TCM_PARENT = 12; // __u32

// Source: include/uapi/linux/rtnetlink.h
export const RTM_GETQDISC = 38;
export const TCA_KIND = 1; //   string
export const TCA_STATS2 = 7; // nested

// Source: include/uapi/linux/gen_stats.h, inside TCA_STATS2
export const TCA_STATS_QUEUE = 3; // struct gnet_stats_queue

// Source: include/uapi/linux/gen_stats.h, struct gnet_stats_queue. Bytes.
export const QUEUE_DROPS = 8; // __u32

// Source: include/uapi/linux/pkt_sched.h
export const TC_H_ROOT = 0xffffffff;

/** A queueing discipline of a link: the kernel's queue in front of the driver. */
export interface Qdisc {
  /** The index of its link. */
  readonly ifindex: number;
  /** `mq`, `fq`, `tbf`, … */
  readonly kind: string;
  /** Its number. A qdisc that replaces another one has another number, except for those that the kernel makes: 0. */
  readonly handle: number;
  /** Whether it is the link's first one, whose counters contain those of the others. */
  readonly root: boolean;
  /** Packets that it dropped. These are in no counter of the link. The kernel counts with 32 bits. */
  readonly dropped: number;
}

/** Begins a message that requests all qdiscs. */
export function buildQdiscListRequest(): MessageBuilder {
  const message = new MessageBuilder(RTM_GETQDISC);
  message.reserve(TCMSG_SIZE);
  return message;
}

/** Reads the current message, an RTM_NEWQDISC. Throws a MalformedError when it or an attribute is cut. */
export function decodeQdisc({ bytes, view, payloadStart, payloadEnd }: MessageCursor): Qdisc {
  const length = payloadEnd - payloadStart;
  if (length < TCMSG_SIZE)
    throw new MalformedError(
      `cannot read "qdisc message": ${TCMSG_SIZE} bytes wanted, ${length} there`,
      payloadStart,
    );
  const attributes = new AttributeCursor(bytes, view, payloadStart + TCMSG_SIZE, payloadEnd);
  let kind = '';
  let dropped = 0;
  while (attributes.next()) {
    if (attributes.type === TCA_KIND) kind = attributes.string();
    else if (attributes.type === TCA_STATS2) dropped = decodeDrops(attributes.nested());
  }
  return {
    ifindex: view.getInt32(payloadStart + TCM_IFINDEX, LITTLE_ENDIAN),
    kind,
    handle: view.getUint32(payloadStart + TCM_HANDLE, LITTLE_ENDIAN),
    root: view.getUint32(payloadStart + TCM_PARENT, LITTLE_ENDIAN) === TC_H_ROOT,
    dropped,
  };
}

function decodeDrops(statistics: AttributeCursor): number {
  while (statistics.next()) if (statistics.type === TCA_STATS_QUEUE) return statistics.u32(QUEUE_DROPS);
  return 0;
}
