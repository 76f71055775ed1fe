import test from 'ava';
import fc from 'fast-check';
import { parseHex } from '../../../src/packet/bytes/hex.js';
import { EthernetConversion } from '../../../src/packet/capture/ethernet-conversion.js';

const SOURCE = '02000000000a';
const DESTINATION = '02000000000b';
const BROADCAST = 'ffffffffffff';
const STATION = '0200000000aa';
const V4 = '4500001400000000401100000a0000010a000002';
const V6 = `6000000000003b40${'20010db8000000000000000000000001'.repeat(2)}`;
const ARP = '00010800060400010200000000010a0000010000000000000a000002';
const STP = '42420300000000008000';

const addresses = { source: parseHex(SOURCE), destination: parseHex(DESTINATION) };

function convert(linkType: number, packet: string, originalLength = packet.length / 2) {
  const conversion = new EthernetConversion(addresses);
  if (!conversion.convert(linkType, parseHex(packet), originalLength)) return undefined;
  return [Buffer.from(conversion.frame).toString('hex'), conversion.originalLength];
}

const sll = (type: string, arphrd: string, address: string, protocol: string) =>
  `${type}${arphrd}000${address.length / 2}${address.padEnd(16, '0')}${protocol}`;
const sll2 = (type: string, address: string, protocol: string) =>
  `${protocol}0000000000020001${type}0${address.length / 2}${address.padEnd(16, '0')}`;
const own = DESTINATION + SOURCE;

const rows: readonly (readonly [
  what: string,
  linkType: number,
  packet: string,
  frame: string | undefined,
])[] = [
  ['raw IPv4', 101, V4, `${own}0800${V4}`],
  ['raw IPv6', 101, V6, `${own}86dd${V6}`],
  ['raw IPv4 of BSD', 12, V4, `${own}0800${V4}`],
  ['raw IPv4 of OpenBSD', 14, V4, `${own}0800${V4}`],
  ['IPv4', 228, V4, `${own}0800${V4}`],
  ['IPv6', 229, V6, `${own}86dd${V6}`],
  ['IPv6 that is called IPv4', 228, V6, undefined],
  ['IPv4 that is called IPv6', 229, V4, undefined],
  ['raw bytes that are no IP', 101, '10203040', undefined],
  ['a raw packet of no bytes', 101, '', undefined],
  ['loopback of a little-endian machine', 0, `02000000${V4}`, `${own}0800${V4}`],
  ['loopback of a big-endian machine', 0, `00000002${V4}`, `${own}0800${V4}`],
  ['loopback with IPv6 of FreeBSD', 0, `1c000000${V6}`, `${own}86dd${V6}`],
  ['loopback with IPv6 of macOS', 0, `1e000000${V6}`, `${own}86dd${V6}`],
  ['loopback of OpenBSD', 108, `00000018${V6}`, `${own}86dd${V6}`],
  ['loopback of another family', 0, `07000000${V4}`, undefined],
  ['loopback that is cut', 0, '020000', undefined],
  ['cooked', 113, sll('0000', '0001', STATION, '0800') + V4, `${DESTINATION}${STATION}0800${V4}`],
  ['cooked to all', 113, sll('0001', '0001', STATION, '0806') + ARP, `${BROADCAST}${STATION}0806${ARP}`],
  ['cooked of the loopback device', 113, sll('0000', '0304', '000000000000', '86dd') + V6, `${own}86dd${V6}`],
  ['cooked without address', 113, sll('0004', 'fffe', '', '0800') + V4, `${own}0800${V4}`],
  ['cooked 802.2', 113, sll('0002', '0001', STATION, '0004') + STP, `${DESTINATION}${STATION}000a${STP}`],
  ['cooked CAN', 113, `${sll('0001', '0118', '', '000c')}00000000`, undefined],
  ['cooked netlink', 113, sll('0004', '0338', '', '0800') + V4, undefined],
  ['cooked that is cut', 113, sll('0000', '0001', STATION, '0800').slice(0, -2), undefined],
  ['cooked v2', 276, sll2('00', STATION, '0800') + V4, `${DESTINATION}${STATION}0800${V4}`],
  ['cooked v2 to all', 276, sll2('01', STATION, '0806') + ARP, `${BROADCAST}${STATION}0806${ARP}`],
  ['cooked v2 that is cut', 276, sll2('00', STATION, '0800').slice(0, -2), undefined],
  ['802.11', 105, V4, undefined],
];

for (const [what, linkType, packet, frame] of rows) {
  test(`EthernetConversion ${frame === undefined ? 'refuses' : 'puts a header in front of'} ${what}`, (t) => {
    t.deepEqual(convert(linkType, packet), frame === undefined ? undefined : [frame, frame.length / 2]);
  });
}

test('EthernetConversion keeps what was cut from a packet in its length', (t) => {
  t.deepEqual(convert(101, V4, 1000), [`${own}0800${V4}`, 1014]);
  t.deepEqual(convert(113, sll('0000', '0001', STATION, '0800') + V4, 1016)?.[1], 1014);
  t.deepEqual(
    convert(113, sll('0000', '0001', STATION, '0004') + STP, 2000),
    undefined,
    'no 802.3 frame is so long',
  );
});

test('EthernetConversion converts packets of any length one after the other, and never throws', (t) => {
  const conversion = new EthernetConversion(addresses);
  const linkType = fc.constantFrom(0, 1, 12, 14, 101, 108, 113, 228, 229, 276);
  fc.assert(
    fc.property(linkType, fc.uint8Array({ maxLength: 5000 }), fc.nat(6000), (type, packet, length) => {
      if (conversion.convert(type, packet, length)) t.true(conversion.frame.length >= 14);
    }),
  );
  t.true(conversion.convert(101, parseHex(V4), 20));
  t.is(Buffer.from(conversion.frame).toString('hex'), `${own}0800${V4}`);
});
