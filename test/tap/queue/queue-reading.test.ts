import test from 'ava';
import { VirtioNetHeader } from '../../../src/packet/headers/virtio-net-header.js';
import { announcesNothing } from '../../../src/tap/queue/queue-reading.js';

test('announcesNothing is true only for segments of 0 bytes', (t) => {
  const rows = [
    [false, 0, 0],
    [false, 0, 1460],
    [true, 1, 0],
    [true, 5, 0],
    [true, 0x81, 0],
    [false, 1, 1],
    [false, 4, 256],
    [false, 5, 65_535],
  ] as const;
  for (const [expected, gsoType, gsoBytes] of rows) {
    const bytes = new Uint8Array(20).fill(0);
    const header = new VirtioNetHeader(bytes, { size: 10 });
    header.moveTo(7);
    Object.assign(header, { gsoType, gsoBytes });
    t.is(announcesNothing(bytes, 7), expected, `${gsoType} ${gsoBytes}`);
  }
});
