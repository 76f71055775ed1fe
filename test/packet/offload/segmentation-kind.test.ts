import test from 'ava';
import { segmentationKind } from '../../../src/packet/offload/segmentation-kind.js';

// Source: include/uapi/linux/virtio_net.h
for (const [gsoType, kind] of [
  [0, 'none'],
  [1, 'tcp4'],
  [3, 'ufo'],
  [4, 'tcp6'],
  [5, 'uso'],
  [0x81, 'tcp4'],
  [0x84, 'tcp6'],
  [2, undefined],
  [0x7f, undefined],
] as const) {
  test(`segmentationKind calls gso_type ${gsoType} ${kind ?? 'nothing'}`, (t) => {
    t.is(segmentationKind({ gsoType }), kind);
  });
}
