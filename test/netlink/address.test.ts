import test from 'ava';
import fc from 'fast-check';
import { MalformedError } from '../../src/errors.js';
import { decodeAddress, type LinkAddress } from '../../src/netlink/address.js';
import { AttributeWriter } from '../../src/netlink/attribute.js';
import {
  buildAddressMessage,
  IFA_ADDRESS,
  IFA_BROADCAST,
  IFA_CACHEINFO,
  IFA_FLAGS,
  IFA_LABEL,
  IFA_LOCAL,
  RTM_NEWADDR,
} from '../../src/netlink/ifaddrmsg.js';
import { MessageCursor } from '../../src/netlink/message.js';

const AF_INET = 2;
const AF_INET6 = 10;
const AF_MPLS = 28;
const LOCAL = Uint8Array.of(192, 0, 2, 1);
const PEER = Uint8Array.of(192, 0, 2, 2);
const BROADCAST = Uint8Array.of(192, 0, 2, 255);
const FOR_EVER = 0xffff_ffff;

function decode(bytes: Uint8Array): LinkAddress | undefined {
  const cursor = new MessageCursor(bytes);
  cursor.next();
  return decodeAddress(cursor);
}

function encode(family: number, write: (attributes: AttributeWriter) => void): Uint8Array {
  const message = buildAddressMessage(RTM_NEWADDR, { family, index: 3, prefixLength: 24, scope: 253 });
  write(new AttributeWriter(message));
  return message.finish(0, 0);
}

function writeAll(attributes: AttributeWriter): void {
  attributes.bytes(IFA_ADDRESS, PEER);
  attributes.bytes(IFA_LOCAL, LOCAL);
  attributes.bytes(IFA_BROADCAST, BROADCAST);
  attributes.string(IFA_LABEL, 'io0:1');
  attributes.u32(IFA_FLAGS, 0x241);
  attributes.bytes(IFA_CACHEINFO, new Uint8Array(Uint32Array.of(30, 60, 0, 0).buffer));
}

test('buildAddressMessage lays the header out as struct ifaddrmsg', (t) => {
  const header = { family: AF_INET, index: 0x01020304, prefixLength: 24, scope: 254 };
  const bytes = buildAddressMessage(RTM_NEWADDR, header).finish(0, 0).subarray(16);
  const index = new Uint8Array(Int32Array.of(0x01020304).buffer);
  t.deepEqual(bytes, Uint8Array.of(2, 24, 0, 254, ...index));
});

test('decodeAddress reads every attribute', (t) => {
  t.deepEqual(decode(encode(AF_INET, writeAll)), {
    index: 3,
    family: 'inet',
    bytes: LOCAL,
    peer: PEER,
    broadcast: BROADCAST,
    prefixLength: 24,
    scope: 'link',
    label: 'io0:1',
    flagNames: ['secondary', 'tentative', 'noprefixroute', 'dynamic'],
    validSeconds: 60,
    preferredSeconds: 30,
  });
});

test('decodeAddress reads an IPv6 address, which has no local one', (t) => {
  const address = decode(
    encode(AF_INET6, (attributes) => {
      attributes.bytes(IFA_ADDRESS, new Uint8Array(16).fill(1));
      attributes.u32(IFA_FLAGS, 0x81);
    }),
  );
  t.is(address?.family, 'inet6');
  t.deepEqual(address?.bytes, new Uint8Array(16).fill(1));
  t.deepEqual(address?.flagNames, ['temporary']);
  t.deepEqual([address?.validSeconds, address?.preferredSeconds], [FOR_EVER, FOR_EVER]);
  t.false('peer' in address!);
});

test('decodeAddress returns undefined for other families, and for a message without an address', (t) => {
  t.is(decode(encode(AF_MPLS, writeAll)), undefined);
  t.is(decode(encode(AF_INET, () => {})), undefined);
});

test('decodeAddress throws a MalformedError or returns an address when any message is cut', (t) => {
  const whole = encode(AF_INET, writeAll);
  for (let length = 16; length < whole.length; length++) {
    const cut = whole.slice(0, length);
    new DataView(cut.buffer).setUint32(0, length, true);
    try {
      decode(cut);
    } catch (error) {
      t.true(error instanceof MalformedError, String(length));
    }
  }
  t.throws(() => decode(whole.slice(0, 20)), { instanceOf: MalformedError });
});

test('decodeAddress does not fail otherwise on random bytes', (t) => {
  fc.assert(
    fc.property(fc.uint8Array({ minLength: 24, maxLength: 120 }), (bytes) => {
      new DataView(bytes.buffer, bytes.byteOffset).setUint32(0, bytes.length, true);
      try {
        decode(bytes);
      } catch (error) {
        if (!(error instanceof MalformedError)) throw error;
      }
    }),
    { seed: 15 },
  );
  t.pass();
});
