import { VIRTIO_NET_HDR_MRG_RXBUF_SIZE, VIRTIO_NET_HDR_SIZE } from '../headers/virtio-net-header.js';
import { type CaptureRecord, type PacketDirection, QUEUE_UNKNOWN } from './capture-record.js';
import {
  CUSTOM_ENTERPRISE_NUMBER,
  CUSTOM_HEADER,
  CUSTOM_HEADER_LENGTH,
  CUSTOM_MARKER,
  CUSTOM_STATE,
  CUSTOM_STATE_CHECKSUM_FINISHED,
  EPB_FLAGS,
  EPB_FLAGS_DIRECTION,
  EPB_FLAGS_FCS_LENGTH,
  EPB_FLAGS_FCS_LENGTH_SHIFT,
  EPB_FLAGS_INBOUND,
  EPB_FLAGS_OUTBOUND,
  EPB_QUEUE,
  OPT_CUSTOM_BINARY,
} from './pcapng-format.js';
import type { PcapngOptions } from './pcapng-options.js';

const PEN_SIZE = 4;

/**
 * Fills `record` with what a packet block's options say of it: queue, direction, virtio-net header. `options` stands
 * before the first option of `view`; an option that reaches beyond the block ends the list. Returns the bytes of the
 * packet's frame check sequence, 0 if the options do not say it.
 */
export function readPacketOptions(
  options: PcapngOptions,
  view: DataView,
  littleEndian: boolean,
  record: CaptureRecord,
): number {
  let fcsBytes = 0;
  record.queue = QUEUE_UNKNOWN;
  record.direction = 'unknown';
  record.checksumFinished = false;
  record.placeHeader(0, 0);
  while (options.next()) {
    const { code, offset, length } = options;
    if (code === EPB_QUEUE && length === 4) {
      record.queue = view.getUint32(offset, littleEndian);
    } else if (code === EPB_FLAGS && length === 4) {
      const flags = view.getUint32(offset, littleEndian);
      record.direction = decodeDirection(flags);
      fcsBytes = (flags & EPB_FLAGS_FCS_LENGTH) >>> EPB_FLAGS_FCS_LENGTH_SHIFT;
    } else if (code === OPT_CUSTOM_BINARY && length >= CUSTOM_HEADER && isOurs(view, offset, littleEndian)) {
      readHeader(view, offset, length - CUSTOM_HEADER, record);
    }
  }
  return fcsBytes;
}

/** If the lengths in the option contradict each other, rtap did not write it, or it is damaged: it is passed over. */
function readHeader(view: DataView, offset: number, room: number, record: CaptureRecord): void {
  const length = view.getUint8(offset + CUSTOM_HEADER_LENGTH);
  if (length !== VIRTIO_NET_HDR_SIZE && length !== VIRTIO_NET_HDR_MRG_RXBUF_SIZE) return;
  if (length > room) return;
  record.placeHeader(offset + CUSTOM_HEADER, length);
  record.checksumFinished = (view.getUint8(offset + CUSTOM_STATE) & CUSTOM_STATE_CHECKSUM_FINISHED) !== 0;
}

function isOurs(view: DataView, offset: number, littleEndian: boolean): boolean {
  if (view.getUint32(offset, littleEndian) !== CUSTOM_ENTERPRISE_NUMBER) return false;
  for (let index = 0; index < CUSTOM_MARKER.length; index++) {
    if (view.getUint8(offset + PEN_SIZE + index) !== CUSTOM_MARKER[index]) return false;
  }
  return true;
}

function decodeDirection(flags: number): PacketDirection {
  switch (flags & EPB_FLAGS_DIRECTION) {
    case EPB_FLAGS_INBOUND:
      return 'inbound';
    case EPB_FLAGS_OUTBOUND:
      return 'outbound';
    default:
      return 'unknown';
  }
}
