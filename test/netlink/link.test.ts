import test from 'ava';
import fc from 'fast-check';
import { MalformedError } from '../../src/errors.js';
import { AttributeWriter } from '../../src/netlink/attribute.js';
import { AF_UNSPEC, buildLinkMessage, linkMessageFamily, RTM_NEWLINK } from '../../src/netlink/ifinfomsg.js';
import {
  decodeLink,
  decodeLinkOutline,
  IFLA_INFO_DATA,
  IFLA_INFO_KIND,
  IFLA_LINKINFO,
  type Link,
} from '../../src/netlink/link.js';
import { MessageCursor } from '../../src/netlink/message.js';
import { CAPTURED_MOVED, CAPTURED_TAP } from './captured-messages.js';

function decode(bytes: Uint8Array): Link {
  const cursor = new MessageCursor(bytes);
  cursor.next();
  return decodeLink(cursor);
}

/** A link message with only these attributes. */
function linkOf(write: (attributes: AttributeWriter) => void): Link {
  const message = buildLinkMessage(RTM_NEWLINK, { index: 3, flags: 1, changeMask: 1 });
  write(new AttributeWriter(message));
  return decode(message.finish(0, 0));
}

test('decodeLink reads every field when the message is a captured TAP', (t) => {
  const counts = { bytes: 0, packets: 0, errors: 0, dropped: 0 };
  t.deepEqual(decode(CAPTURED_TAP), {
    index: 2,
    name: 'io0',
    flags: 0x1003,
    flagNames: ['NO-CARRIER', 'BROADCAST', 'MULTICAST', 'UP'],
    mtu: 1400,
    minMtu: 68,
    maxMtu: 65521,
    txqueuelen: 1000,
    operstate: 'DOWN',
    address: '02:00:00:00:00:01',
    broadcast: 'ff:ff:ff:ff:ff:ff',
    carrier: false,
    promiscuity: 0,
    altNames: [],
    stats64: {
      rx: { ...counts, over_errors: 0, multicast: 0 },
      tx: { ...counts, carrier_errors: 0, collisions: 0 },
    },
    kind: 'tun',
    tun: {
      type: 'tap',
      owner: 1000,
      group: 100,
      packetInformation: false,
      vnetHeader: true,
      persist: true,
      multiQueue: true,
      queues: 0,
      disabledQueues: 0,
    },
  });
});

test('decodeLink reads the new namespace and index when a link has moved', (t) => {
  const { index, name, newIfindex, newNetnsId } = decode(CAPTURED_MOVED);
  t.deepEqual(
    { index, name, newIfindex, newNetnsId },
    { index: 2, name: 'io0', newIfindex: 2, newNetnsId: 0 },
  );
});

test('decodeLink returns defaults when the kernel leaves attributes out', (t) => {
  const link = linkOf(() => {});
  t.is(link.index, 3);
  t.is(link.name, '');
  t.is(link.operstate, 'UNKNOWN');
  t.is(link.address, '');
  t.is(link.stats64.rx.packets, 0);
  t.false('tun' in link);
  t.false('kind' in link);
  t.false('master' in link);
});

test('decodeLink reads each counter from its own offset when all differ', (t) => {
  const words = new BigUint64Array(24).map((_, index) => BigInt(index + 1) + (1n << 40n));
  const { stats64 } = linkOf((a) => a.bytes(23, new Uint8Array(words.buffer)));
  const field = (index: number) => index + 1 + 2 ** 40;
  t.deepEqual(stats64, {
    rx: {
      bytes: field(2),
      packets: field(0),
      errors: field(4),
      dropped: field(6),
      over_errors: field(11),
      multicast: field(8),
    },
    tx: {
      bytes: field(3),
      packets: field(1),
      errors: field(5),
      dropped: field(7),
      carrier_errors: field(17),
      collisions: field(9),
    },
  });
});

test('decodeLink returns the number of an operational state when it does not know it', (t) => {
  t.is(linkOf((a) => a.bytes(16, Uint8Array.of(6))).operstate, 'UP');
  t.is(linkOf((a) => a.bytes(16, Uint8Array.of(3))).operstate, 'LOWERLAYERDOWN');
  t.is(linkOf((a) => a.bytes(16, Uint8Array.of(17))).operstate, 'state 0x11');
});

test('decodeLink counts one queue when a single-queue TUN device has its carrier', (t) => {
  for (const carrier of [0, 1]) {
    const { tun } = linkOf((a) => {
      a.nested(IFLA_LINKINFO, () => {
        a.string(IFLA_INFO_KIND, 'tun');
        a.nested(IFLA_INFO_DATA, () => a.bytes(3, Uint8Array.of(1)));
      });
      // After the data, so that the order does not matter.
      a.bytes(33, Uint8Array.of(carrier));
    });
    t.is(tun?.type, 'tun');
    t.is(tun?.queues, carrier);
    t.false(tun?.multiQueue);
    t.false('owner' in tun!);
  }
});

test('decodeLink reads two numbers when some queues are attached and some disabled', (t) => {
  const { tun } = linkOf((a) =>
    a.nested(IFLA_LINKINFO, () => {
      a.string(IFLA_INFO_KIND, 'tun');
      a.nested(IFLA_INFO_DATA, () => {
        a.bytes(3, Uint8Array.of(2));
        a.bytes(7, Uint8Array.of(1));
        a.u32(8, 5);
        a.u32(9, 2);
      });
    }),
  );
  t.like(tun, { type: 'tap', multiQueue: true, queues: 5, disabledQueues: 2 });
});

test('decodeLink ignores the data when the kind is not tun', (t) => {
  const link = linkOf((a) =>
    a.nested(IFLA_LINKINFO, () => {
      a.string(IFLA_INFO_KIND, 'veth');
      a.nested(IFLA_INFO_DATA, () => a.bytes(3, Uint8Array.of(2)));
    }),
  );
  t.is(link.kind, 'veth');
  t.false('tun' in link);
});

test('decodeLink returns different links when their attributes are nearly the same', (t) => {
  const tunOf = (carrier: number, queues: number) =>
    linkOf((attributes) => {
      attributes.bytes(33, Uint8Array.of(carrier));
      attributes.nested(IFLA_LINKINFO, () => {
        attributes.string(IFLA_INFO_KIND, 'tun');
        attributes.nested(IFLA_INFO_DATA, () => queues > 0 && attributes.u32(8, queues));
      });
    }).tun?.queues;
  // When the driver counts no queues, the carrier stands for one.
  t.deepEqual([tunOf(1, 5), tunOf(1, 5), tunOf(1, 6), tunOf(1, 5)], [5, 5, 6, 5]);
  t.deepEqual([tunOf(1, 0), tunOf(0, 0), tunOf(1, 0), tunOf(0, 0)], [1, 0, 1, 0]);
});

test('decodeLinkOutline returns the values of decodeLink when both read a message', (t) => {
  for (const captured of [CAPTURED_TAP, CAPTURED_MOVED]) {
    const cursor = new MessageCursor(captured);
    cursor.next();
    const { index, name, flags, flagNames, mtu, operstate, address, carrier, kind, tun } =
      decodeLinkOutline(cursor);
    t.like(decode(captured), { index, name, flags, flagNames, mtu, operstate, address, carrier, kind, tun });
  }
});

test('decodeLink reads a message or throws a MalformedError when it is cut at any byte', (t) => {
  for (const captured of [CAPTURED_TAP, CAPTURED_MOVED]) {
    let read = 0;
    for (let length = 16; length < captured.byteLength; length++) {
      const bytes = captured.slice(0, length);
      new DataView(bytes.buffer).setUint32(0, length, true);
      try {
        t.is(decode(bytes).index, 2);
        read++;
      } catch (error) {
        t.true(error instanceof MalformedError, `${length}: ${error}`);
      }
    }
    t.true(read > 10);
  }
});

test('decodeLink throws only MalformedErrors when random bytes are changed', (t) => {
  const change = fc.tuple(
    fc.integer({ min: 16, max: CAPTURED_TAP.byteLength - 1 }),
    fc.integer({ min: 0, max: 255 }),
  );
  fc.assert(
    fc.property(fc.array(change, { minLength: 1, maxLength: 8 }), (changes) => {
      const bytes = CAPTURED_TAP.slice();
      for (const [offset, value] of changes) bytes[offset] = value;
      try {
        decode(bytes);
      } catch (error) {
        return error instanceof MalformedError;
      }
      return true;
    }),
    { seed: 3, numRuns: 3000 },
  );
  t.pass();
});

test('linkMessageFamily is AF_BRIDGE when a message is about a port of a bridge', (t) => {
  const cursor = new MessageCursor(CAPTURED_TAP);
  cursor.next();
  t.is(linkMessageFamily(cursor), AF_UNSPEC);
  const bridged = CAPTURED_TAP.slice();
  bridged[16] = 7;
  const other = new MessageCursor(bridged);
  other.next();
  t.is(linkMessageFamily(other), 7);
});
