import { MalformedError } from '../errors.js';
import { LITTLE_ENDIAN } from '../sys/platform.js';
import { AttributeCursor } from './attribute.js';
import {
  alignMessage,
  type MessageCursor,
  NLM_F_ACK_TLVS,
  NLM_F_CAPPED,
  NLMSG_ERROR,
  NLMSG_LEN,
  NLMSGHDR_SIZE,
} from './message.js';

// Source: include/uapi/linux/netlink.h, struct nlmsgerr. Bytes. NLMSG_DONE carries only the first field.
export const NLMSGERR_ERROR = 0; // int, a negative errno
export const NLMSGERR_MSG = 4; //   struct nlmsghdr of the request; its payload follows unless NLM_F_CAPPED
const ERROR_BYTES = 4;

// Source: include/uapi/linux/netlink.h, enum nlmsgerr_attrs
export const NLMSGERR_ATTR_MSG = 1; // string

/** The kernel's answer whether it did what was requested. */
export interface Acknowledgement {
  /** Positive errno, or 0 when it did. */
  readonly errno: number;
  /** The kernel's own explanation, or ''. */
  readonly text: string;
}

/** Reads the current message, an NLMSG_ERROR or NLMSG_DONE. Throws a MalformedError when it is cut. */
export function decodeAcknowledgement(message: MessageCursor): Acknowledgement {
  const { payloadStart, payloadEnd, view } = message;
  assertRoom(payloadStart, payloadEnd, ERROR_BYTES);
  const errno = Math.abs(view.getInt32(payloadStart + NLMSGERR_ERROR, LITTLE_ENDIAN));
  if ((message.flags & NLM_F_ACK_TLVS) === 0) return { errno, text: '' };
  return { errno, text: decodeText(message, attributesStart(message)) };
}

function attributesStart(message: MessageCursor): number {
  const { payloadStart, payloadEnd, view } = message;
  if (message.type !== NLMSG_ERROR) return payloadStart + ERROR_BYTES;
  assertRoom(payloadStart, payloadEnd, NLMSGERR_MSG + NLMSGHDR_SIZE);
  if ((message.flags & NLM_F_CAPPED) !== 0) return payloadStart + NLMSGERR_MSG + NLMSGHDR_SIZE;
  const echoed = view.getUint32(payloadStart + NLMSGERR_MSG + NLMSG_LEN, LITTLE_ENDIAN);
  assertRoom(payloadStart, payloadEnd, NLMSGERR_MSG + echoed);
  return payloadStart + NLMSGERR_MSG + alignMessage(echoed);
}

function decodeText(message: MessageCursor, start: number): string {
  const attributes = new AttributeCursor(message.bytes, message.view, start, message.payloadEnd);
  while (attributes.next()) {
    if (attributes.type === NLMSGERR_ATTR_MSG) return attributes.string();
  }
  return '';
}

function assertRoom(start: number, end: number, length: number): void {
  if (end - start >= length) return;
  throw new MalformedError(
    `cannot read "netlink acknowledgement": ${length} bytes wanted, ${end - start} there`,
    start,
  );
}
