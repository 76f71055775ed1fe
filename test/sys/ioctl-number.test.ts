import { arch } from 'node:os';
import test from 'ava';
import { ioctlPacking, TUN_IOCTL, tunIoctls } from '../../src/sys/ioctl-number.js';

/** From strace(1) and the headers. test/layout compares them with compilers. */
const GOLDEN: readonly [architecture: string, TUNSETIFF: number, TUNGETIFF: number][] = [
  ['x64', 0x400454ca, 0x800454d2],
  ['ia32', 0x400454ca, 0x800454d2],
  ['arm', 0x400454ca, 0x800454d2],
  ['arm64', 0x400454ca, 0x800454d2],
  ['riscv64', 0x400454ca, 0x800454d2],
  ['s390x', 0x400454ca, 0x800454d2],
  ['ppc', 0x800454ca, 0x400454d2],
  ['ppc64', 0x800454ca, 0x400454d2],
  ['mips', 0x800454ca, 0x400454d2],
  ['mipsel', 0x800454ca, 0x400454d2],
];

for (const [architecture, set, get] of GOLDEN) {
  test(`tunIoctls packs the direction as the kernel does when the processor is ${architecture}`, (t) => {
    t.is(tunIoctls(architecture).TUNSETIFF, set);
    t.is(tunIoctls(architecture).TUNGETIFF, get);
  });
}

test('ioctlPacking uses 13 bits for the size when the processor is a Power', (t) => {
  t.is(ioctlPacking('ppc64').sizeBits, 13);
  t.is(ioctlPacking('x64').sizeBits, 14);
});

test('TUN_IOCTL has the numbers of this machine', (t) => {
  t.deepEqual(TUN_IOCTL, tunIoctls(arch()));
});
