import { execFileSync } from 'node:child_process';
import test from 'ava';
import fc from 'fast-check';
import {
  VIRTIO_NET_HDR_CSUM_OFFSET,
  VIRTIO_NET_HDR_CSUM_START,
  VIRTIO_NET_HDR_F_NEEDS_CSUM,
  VIRTIO_NET_HDR_FLAGS,
  VIRTIO_NET_HDR_GSO_SIZE,
  VIRTIO_NET_HDR_GSO_TCPV4,
  VIRTIO_NET_HDR_GSO_TYPE,
  VIRTIO_NET_HDR_HDR_LEN,
  VIRTIO_NET_HDR_MRG_RXBUF_SIZE,
  VIRTIO_NET_HDR_NUM_BUFFERS,
  VIRTIO_NET_HDR_SIZE,
  VirtioNetHeader,
} from '../../../src/packet/headers/virtio-net-header.js';

const LITTLE = Uint8Array.of(1, 1, 0x42, 0x00, 0xb4, 0x05, 0x22, 0x00, 0x10, 0x00, 0x01, 0x00);
const BIG = Uint8Array.of(1, 1, 0x00, 0x42, 0x05, 0xb4, 0x00, 0x22, 0x00, 0x10, 0x00, 0x01);

for (const [name, bytes, littleEndian] of [
  ['little', LITTLE, true],
  ['big', BIG, false],
] as const) {
  test(`VirtioNetHeader reads a ${name}-endian header`, (t) => {
    const header = new VirtioNetHeader(bytes, { size: VIRTIO_NET_HDR_MRG_RXBUF_SIZE, littleEndian });
    t.is(header.flags, VIRTIO_NET_HDR_F_NEEDS_CSUM);
    t.is(header.gsoType, VIRTIO_NET_HDR_GSO_TCPV4);
    t.is(header.headerBytes, 66);
    t.is(header.gsoBytes, 1460);
    t.is(header.checksumStart, 34);
    t.is(header.checksumOffset, 16);
    t.is(header.bufferCount, 1);
  });

  test(`VirtioNetHeader writes a ${name}-endian header`, (t) => {
    const written = Uint8Array.from(bytes).fill(0, 0, 10);
    const header = new VirtioNetHeader(written, { size: 12, littleEndian });
    header.flags = 1;
    header.gsoType = 1;
    header.headerBytes = 66;
    header.gsoBytes = 1460;
    header.checksumStart = 34;
    header.checksumOffset = 16;
    t.deepEqual(written, bytes);
    header.clear();
    t.deepEqual(written, new Uint8Array(12));
  });
}

test('VirtioNetHeader moves among headers and stays in its buffer', (t) => {
  const bytes = new Uint8Array(64);
  bytes.set(LITTLE, 40);
  const header = new VirtioNetHeader(bytes.subarray(4), { littleEndian: true });
  header.moveTo(36);
  t.is(header.offset, 36);
  t.is(header.gsoBytes, 1460);
  t.is(header.bufferCount, 0);
  t.throws(() => header.moveTo(51), { instanceOf: RangeError });
  t.throws(() => header.moveTo(-1), { instanceOf: RangeError });
  t.is(header.gsoBytes, 1460);
});

test('VirtioNetHeader refuses every truncation', (t) => {
  for (let length = 0; length < VIRTIO_NET_HDR_SIZE; length++) {
    t.throws(() => new VirtioNetHeader(new Uint8Array(length)), { instanceOf: RangeError });
  }
  t.throws(() => new VirtioNetHeader(new Uint8Array(11), { size: 12 }), { instanceOf: RangeError });
  t.throws(() => new VirtioNetHeader(new Uint8Array(20), { size: 9 }), { instanceOf: RangeError });
});

test('VirtioNetHeader gives back what was written', (t) => {
  const u16 = fc.nat(0xffff);
  fc.assert(
    fc.property(fc.boolean(), fc.nat(50), u16, u16, u16, u16, (littleEndian, offset, a, b, c, d) => {
      const header = new VirtioNetHeader(new Uint8Array(60), { littleEndian });
      header.moveTo(offset);
      header.headerBytes = a;
      header.gsoBytes = b;
      header.checksumStart = c;
      header.checksumOffset = d;
      t.deepEqual(
        [header.headerBytes, header.gsoBytes, header.checksumStart, header.checksumOffset],
        [a, b, c, d],
      );
    }),
  );
});

test('the layout is that of linux/virtio_net.h', (t) => {
  const program = `
    #include <stddef.h>
    #include <stdio.h>
    #include <linux/virtio_net.h>
    #define AT(field) (int)offsetof(struct virtio_net_hdr_mrg_rxbuf, field)
    int main(void) {
      printf("%d %d %d %d %d %d %d %d %d", (int)sizeof(struct virtio_net_hdr),
        (int)sizeof(struct virtio_net_hdr_mrg_rxbuf), AT(hdr.flags), AT(hdr.gso_type), AT(hdr.hdr_len),
        AT(hdr.gso_size), AT(hdr.csum_start), AT(hdr.csum_offset), AT(num_buffers));
    }`;
  let output: string;
  try {
    const script = 'f=$(mktemp) && cc -x c -o "$f" - && "$f" && rm "$f"';
    output = execFileSync('sh', ['-c', script], {
      input: program,
      encoding: 'utf8',
      stdio: ['pipe', 'pipe', 'pipe'],
    });
  } catch (error) {
    if (process.env.CI) throw error;
    t.log('skipped: no C compiler or no linux/virtio_net.h here');
    t.pass();
    return;
  }
  const wanted = [
    VIRTIO_NET_HDR_SIZE,
    VIRTIO_NET_HDR_MRG_RXBUF_SIZE,
    VIRTIO_NET_HDR_FLAGS,
    VIRTIO_NET_HDR_GSO_TYPE,
    VIRTIO_NET_HDR_HDR_LEN,
    VIRTIO_NET_HDR_GSO_SIZE,
    VIRTIO_NET_HDR_CSUM_START,
    VIRTIO_NET_HDR_CSUM_OFFSET,
    VIRTIO_NET_HDR_NUM_BUFFERS,
  ];
  t.deepEqual(output.split(' ').map(Number), wanted);
});
