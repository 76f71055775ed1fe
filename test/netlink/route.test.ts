import test from 'ava';
import { MalformedError } from '../../src/errors.js';
import { MessageCursor } from '../../src/netlink/message.js';
import { decodeRoute, type Route } from '../../src/netlink/route.js';
import { buildRouteMessage, RTM_NEWROUTE } from '../../src/netlink/rtmsg.js';
import { LITTLE_ENDIAN } from '../../src/sys/platform.js';
import { AF_INET, AF_INET6 } from '../../src/sys/socket.js';

/**
 * RTM_NEWROUTE of Linux 6.18 on x86-64, byte for byte: `ip route add 198.51.100.0/24 via 192.0.2.9 dev io0 metric 7 table 1000
 * mtu 1400`.
 */
const CAPTURED = bytesOf(
  `5000000018002200010000009f3f000002180000fc0300011000000008000f00e803000008000100c6336400
   08000600070000000c000800080002007805000008000500c00002090800040002000000`,
);
/** The same of `ip -6 route add default via fe80::1 dev io0`. */
const CAPTURED_IPV6 = bytesOf(
  `7400000018002200010000009f3f00000a000000fe0300011000000008000f00fe0000000800060000040000
   14000500fe800000000000000000000000000001080004000200000024000c00000000000000000000000000
   00000000000000000000000000000000000000000500140000000000`,
);

function bytesOf(hex: string): Uint8Array {
  return Uint8Array.from(Buffer.from(hex.replaceAll(/\s/g, ''), 'hex'));
}

function decode(bytes: Uint8Array): Route | undefined {
  const cursor = new MessageCursor(bytes);
  cursor.next();
  return decodeRoute(cursor);
}

test('decodeRoute reads destination, gateway, metric and table when the message is a captured one', (t) => {
  t.deepEqual(decode(CAPTURED), {
    index: 2,
    destination: { bytes: Uint8Array.of(198, 51, 100, 0), prefixLength: 24 },
    gateway: Uint8Array.of(192, 0, 2, 9),
    priority: 7,
    table: 1000,
  });
  t.deepEqual(decode(CAPTURED_IPV6), {
    index: 2,
    destination: { bytes: new Uint8Array(16), prefixLength: 0 },
    gateway: Uint8Array.from([0xfe, 0x80, ...new Array<number>(13).fill(0), 1]),
    priority: 1024,
    table: 254,
  });
});

test('decodeRoute throws a MalformedError or returns a route when the message is cut at any byte', (t) => {
  for (let length = 16; length < CAPTURED.length; length++) {
    const cut = CAPTURED.slice(0, length);
    new DataView(cut.buffer).setUint32(0, length, LITTLE_ENDIAN);
    try {
      t.is(decode(cut)?.destination.prefixLength, 24);
    } catch (error) {
      t.true(error instanceof MalformedError, String(error));
    }
  }
});

test('decodeRoute returns undefined when the route is of another family', (t) => {
  const family = 7;
  t.is(decode(buildRouteMessage(RTM_NEWROUTE, { family }).finish(0, 1)), undefined);
});

test('buildRouteMessage writes the fields of struct rtmsg when they are given', (t) => {
  const message = (table: number) =>
    [
      ...buildRouteMessage(RTM_NEWROUTE, { family: AF_INET, prefixLength: 24, table, scope: 253 }).finish(
        0,
        1,
      ),
    ].slice(16);
  t.deepEqual(message(254), [AF_INET, 24, 0, 0, 254, 3, 253, 1, 0, 0, 0, 0]);
  // A number of more than a byte has its place in RTA_TABLE.
  t.deepEqual(message(1000), [AF_INET, 24, 0, 0, 0, 3, 253, 1, 0, 0, 0, 0]);
  t.is(buildRouteMessage(RTM_NEWROUTE, { family: AF_INET6 }).finish(0, 1)[16], AF_INET6);
});
