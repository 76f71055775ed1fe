import test from 'ava';
import {
  directedFlowHash,
  FLOW_HASH_END,
  Flow,
  flowHash,
  NO_PORTS,
} from '../../../src/packet/headers/flow.js';

const MACS = '020000000001020000000002';

function frame(hex: string): Uint8Array {
  return Buffer.from(MACS + hex, 'hex');
}

/** IPv4 from 10.0.0.`from` to 10.0.0.`to` with a fragment field, and `rest` behind its header. */
function ipv4(
  from: string,
  to: string,
  { protocol = '11', fragment = '0000', rest = '03e807d000080000' } = {},
): string {
  return `4500001c0000${fragment}40${protocol}00000a0000${from}0a0000${to}${rest}`;
}

/** IPv6 between two addresses that end in these bytes. */
function ipv6(from: string, to: string, nextHeader: string, rest: string): string {
  const prefix = '20010db80000000000000000000000';
  return `600000000008${nextHeader}40${prefix}${from}${prefix}${to}${rest}`;
}

const UDP = '03e807d000080000';
const UDP_BACK = '07d003e800080000';

const pairs: readonly (readonly [what: string, there: Uint8Array, back: Uint8Array])[] = [
  ['UDP over IPv4', frame(`0800${ipv4('01', '02')}`), frame(`0800${ipv4('02', '01', { rest: UDP_BACK })}`)],
  [
    'UDP over IPv6',
    frame(`86dd${ipv6('01', '02', '11', UDP)}`),
    frame(`86dd${ipv6('02', '01', '11', UDP_BACK)}`),
  ],
  [
    'a fragment and a later one, which has no ports',
    frame(`0800${ipv4('01', '02', { fragment: '2000' })}`),
    frame(`0800${ipv4('02', '01', { fragment: '0003', rest: 'ffffffff' })}`),
  ],
  [
    'ICMP, whose first bytes are no ports',
    frame(`0800${ipv4('01', '02', { protocol: '01', rest: '0800000000010001' })}`),
    frame(`0800${ipv4('02', '01', { protocol: '01', rest: '0000000000010001' })}`),
  ],
  [
    'a frame with two VLAN tags and one without',
    frame(`88a8000a8100000b0800${ipv4('01', '02')}`),
    frame(`0800${ipv4('01', '02')}`),
  ],
  [
    'IPv6 with extension headers and without',
    frame(`86dd${ipv6('01', '02', '00', `3c00000000000000${'11'}00000000000000${UDP}`)}`),
    frame(`86dd${ipv6('01', '02', '11', UDP)}`),
  ],
  [
    'an atomic fragment of IPv6 and the whole packet',
    frame(`86dd${ipv6('01', '02', '2c', `1100000000000001${UDP}`)}`),
    frame(`86dd${ipv6('01', '02', '11', UDP)}`),
  ],
  [
    'fragments of IPv6',
    frame(`86dd${ipv6('01', '02', '2c', `1100000100000001${UDP}`)}`),
    frame(`86dd${ipv6('01', '02', '2c', `1100000800000001ffffffffffffffff`)}`),
  ],
];

for (const [what, there, back] of pairs)
  test(`flowHash is the same for ${what}`, (t) => {
    t.is(flowHash(there), flowHash(back));
  });

test('flowHash differs when an address, a port or the protocol does', (t) => {
  const frames = [
    ipv4('01', '02'),
    ipv4('01', '03'),
    ipv4('01', '02', { protocol: '06' }),
    ipv4('01', '02', { rest: '03e807d100080000' }),
    // The ports in the other order, between the same addresses: another flow.
    ipv4('01', '02', { rest: UDP_BACK }),
  ];
  t.is(new Set(frames.map((hex) => flowHash(frame(`0800${hex}`)))).size, frames.length);
});

test('flowHash is that of the source MAC address when there is no flow', (t) => {
  const arp = (mac: string) => Buffer.from(`ffffffffffff${mac}0806000108000604`, 'hex');
  t.is(flowHash(arp('020000000001')), flowHash(Buffer.from('0200000000ff02000000000188b5', 'hex')));
  t.not(flowHash(arp('020000000001')), flowHash(arp('020000000003')));
});

test('flowHash takes every truncation of a frame', (t) => {
  for (const [, whole] of pairs)
    for (let length = 0; length <= whole.length; length++) {
      const hash = flowHash(whole.subarray(0, length));
      t.true(Number.isInteger(hash) && hash >= 0 && hash < FLOW_HASH_END);
    }
});

test('flowHash spreads flows that differ in a port evenly', (t) => {
  const counts = [0, 0, 0, 0];
  for (let port = 0; port < 4000; port++) {
    const hex = port.toString(16).padStart(4, '0');
    const queue = Math.floor(
      (flowHash(frame(`0800${ipv4('01', '02', { rest: `${hex}07d000080000` })}`)) * 4) / FLOW_HASH_END,
    );
    counts[queue]! += 1;
  }
  for (const count of counts) t.true(count > 900 && count < 1100, `${counts}`);
});

test('directedFlowHash tells both directions of a flow apart, and follows its seed', (t) => {
  const flow = new Flow();
  const [, there, back] = pairs[0]!;
  const hashes = [there, back].flatMap((bytes) => {
    t.true(flow.read(bytes));
    return [directedFlowHash(bytes, flow, 1), directedFlowHash(bytes, flow, 2)];
  });
  t.is(new Set(hashes).size, 4);
});

test('Flow says where addresses and ports lie', (t) => {
  const flow = new Flow();
  t.true(flow.read(frame(`8100000a0800${ipv4('01', '02')}`)));
  t.like(flow, { addressesAt: 30, addressBytes: 4, protocol: 17, portsAt: 38 });
  t.true(flow.read(frame(`86dd${ipv6('01', '02', '3a', '8000000000010001')}`)));
  t.like(flow, { addressesAt: 22, addressBytes: 16, protocol: 58, portsAt: NO_PORTS });
  t.false(flow.read(frame('0806000108000604')));
});
