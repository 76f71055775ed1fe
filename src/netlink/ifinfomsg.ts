import { MalformedError } from '../errors.js';
import { LITTLE_ENDIAN } from '../sys/platform.js';
import { MessageBuilder, type MessageCursor } from './message.js';

// Source: include/uapi/linux/rtnetlink.h, struct ifinfomsg. Bytes.
export const IFINFOMSG_SIZE = 16;
export const IFI_FAMILY = 0; //  unsigned char
export const IFI_TYPE = 2; //    unsigned short, ARPHRD_*
export const IFI_INDEX = 4; //   int
export const IFI_FLAGS = 8; //   unsigned, IFF_*
export const IFI_CHANGE = 12; // unsigned, the flags to change

// Source: include/uapi/linux/rtnetlink.h
export const RTM_NEWLINK = 16;
export const RTM_DELLINK = 17;
export const RTM_GETLINK = 18;
export const RTM_SETLINK = 19;

// Source: include/linux/socket.h
export const AF_UNSPEC = 0;

/** Which link a request is about, and which of its flags it changes. */
export interface LinkHeader {
  /** The link's index. @default 0, no link in particular */
  readonly index?: number;
  /** IFF_*: the new values of the flags in `changeMask`. @default 0 */
  readonly flags?: number;
  /** IFF_*: the flags to change. The others stay as they are. @default 0 */
  readonly changeMask?: number;
}

/** Begins a message about links. Attributes can follow. */
export function buildLinkMessage(type: number, header: LinkHeader = {}): MessageBuilder {
  const message = new MessageBuilder(type);
  const at = message.reserve(IFINFOMSG_SIZE);
  const { view } = message;
  view.setUint8(at + IFI_FAMILY, AF_UNSPEC);
  view.setInt32(at + IFI_INDEX, header.index ?? 0, LITTLE_ENDIAN);
  view.setUint32(at + IFI_FLAGS, header.flags ?? 0, LITTLE_ENDIAN);
  view.setUint32(at + IFI_CHANGE, header.changeMask ?? 0, LITTLE_ENDIAN);
  return message;
}

/** The offset of the struct ifinfomsg in the current message. Throws a MalformedError when it is cut. */
export function ifinfomsgStart(message: MessageCursor): number {
  const length = message.payloadEnd - message.payloadStart;
  if (length >= IFINFOMSG_SIZE) return message.payloadStart;
  throw new MalformedError(
    `cannot read "link message": ${IFINFOMSG_SIZE} bytes wanted, ${length} there`,
    message.payloadStart,
  );
}

/**
 * The address family of the current message: AF_UNSPEC if it is about a link, AF_BRIDGE if about a port of a bridge.
 */
export function linkMessageFamily(message: MessageCursor): number {
  return message.view.getUint8(ifinfomsgStart(message) + IFI_FAMILY);
}
