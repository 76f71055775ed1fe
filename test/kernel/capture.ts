import { readFileSync } from 'node:fs';

const HEADER_BYTES = 24;
const RECORD_HEADER_BYTES = 16;

/** The frames of a little-endian pcap file, in hex. It does not use rtap's reader, so that it can check it. */
export function framesOf(path: string): string[] {
  const bytes = readFileSync(path);
  const frames: string[] = [];
  for (let at = HEADER_BYTES; at < bytes.length; ) {
    const length = bytes.readUInt32LE(at + 8);
    at += RECORD_HEADER_BYTES;
    frames.push(bytes.toString('hex', at, at + length));
    at += length;
  }
  return frames;
}

/** A pcap file of `frames` (hex), a second apart; `originalBytes` more than were captured of each. */
export function captureOf(
  frames: readonly string[],
  { cutBytes = 0, linkType = 1 }: { readonly cutBytes?: number; readonly linkType?: number } = {},
): Buffer {
  const header = Buffer.alloc(HEADER_BYTES);
  header.writeUInt32LE(0xa1b2c3d4, 0);
  header.writeUInt16LE(2, 4);
  header.writeUInt16LE(4, 6);
  header.writeUInt32LE(262_144, 16);
  header.writeUInt32LE(linkType, 20);
  const records = frames.flatMap((hex, number) => {
    const frame = Buffer.from(hex, 'hex');
    const record = Buffer.alloc(RECORD_HEADER_BYTES);
    record.writeUInt32LE(1_700_000_000 + number, 0);
    record.writeUInt32LE(frame.length, 8);
    record.writeUInt32LE(frame.length + cutBytes, 12);
    return [record, frame];
  });
  return Buffer.concat([header, ...records]);
}

/** A frame of `length` bytes that carries `number`, in hex. No program listens to its EtherType. */
export function frameOf(number: number, length = 60): string {
  const head = `02000000000102000000000288b5${number.toString(16).padStart(8, '0')}`;
  return head.padEnd(length * 2, '5a').slice(0, length * 2);
}
