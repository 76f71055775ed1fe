import test from 'ava';
import { makeSteeringProgram } from '../../../src/tap/steer/steering-program.js';
import { checkRule, highestQueue, type SteeringRule } from '../../../src/tap/steer/steering-rule.js';

function program(rule: SteeringRule, littleEndian = true, queueCount = 4): string[] {
  const bytes = makeSteeringProgram(checkRule(rule), { queueCount, littleEndian });
  return Buffer.from(bytes).toString('hex').match(/.{16}/g)!;
}

/** The program for `--by vlan --map 5=0,6-9=0-1 --else 3`. */
const GOLDEN = [
  'bf16000000000000', // r6 = r1
  '7a0ad8ff00000000', // the fields on the stack become 0
  '7a0ae0ff00000000',
  '7a0ae8ff00000000',
  '7a0af0ff00000000',
  '7a0af8ff00000000',
  '6162140000000000', // r2 = skb->vlan_present
  '1502020000000000', // if r2 == 0 goto inside
  '6162180000000000', // r2 = skb->vlan_tci
  '0500160000000000', // goto found
  'b702000000000000', // inside: skb_load_bytes(skb, 0, header, 14)
  'bf61000000000000',
  'bfa3000000000000',
  '07030000c0ffffff',
  'b70400000e000000',
  '850000001a000000',
  '55001e0000000000', // if r0 != 0 goto otherwise
  '69a2ccff00000000', // r2 = be16 of the ethertype
  'dc02000010000000',
  '1502030000810000', // if r2 == 0x8100 goto tagged
  '15020200a8880000', // if r2 == 0x88a8 goto tagged
  '1502010000910000', // if r2 == 0x9100 goto tagged
  '0500180000000000', // goto otherwise
  'b70200000e000000', // tagged: skb_load_bytes(skb, 14, header, 4)
  'bf61000000000000',
  'bfa3000000000000',
  '07030000c0ffffff',
  'b704000004000000',
  '850000001a000000',
  '5500110000000000', // if r0 != 0 goto otherwise
  '69a2c0ff00000000', // r2 = be16 of the tag
  'dc02000010000000',
  '57020000ff0f0000', // found: r2 &= 0xfff
  '2602040005000000', // if r2 > 5 goto upper
  'a6020c0005000000', // if r2 < 5 goto otherwise
  '26020b0005000000', // if r2 > 5 goto otherwise
  'b700000000000000', // r0 = 0
  '9500000000000000', // exit
  'a602080006000000', // upper: if r2 < 6 goto otherwise
  '2602070009000000', // if r2 > 9 goto otherwise
  'bf20000000000000', // r0 = r2
  '1801000006000000', // r1 = 6
  '0000000000000000',
  '1f10000000000000', // r0 -= r1
  '9700000002000000', // r0 %= 2
  '0700000000000000', // r0 += 0
  '9500000000000000', // exit
  'b700000003000000', // otherwise: r0 = 3
  '9500000000000000', // exit
];

test('makeSteeringProgram makes exactly these instructions', (t) => {
  t.deepEqual(program({ by: 'vlan', map: '5=0,6-9=0-1', else: 3 }), GOLDEN);
});

/** The bytes of an instruction for a machine with the other byte order. */
function exchanged(instruction: string): string {
  const [code, destination, source, ...rest] = instruction.match(/^(..)(.)(.)(....)(........)$/)!.slice(1);
  const turned = rest.map((field) => field.match(/../g)!.reverse().join(''));
  return [code, source, destination, ...turned].join('');
}

test('the program of a machine with the other byte order has the same fields in the other order', (t) => {
  for (const rule of [
    { by: 'flow' },
    { by: 'src-ip', map: '10.0.0.0/8=0-3,::/1=0-2' },
    { by: 'udp-dst-port', map: '53=1' },
  ] as const)
    t.deepEqual(program(rule, false), program(rule).map(exchanged));
});

test('only the modulus of an address depends on the number of queues', (t) => {
  for (const by of ['udp-dst-port', 'vlan', 'flow'] as const)
    t.deepEqual(program({ by }, true, 7), program({ by }, true, 4));
  const [few, more] = [program({ by: 'dst-ip' }, true, 4), program({ by: 'dst-ip' }, true, 7)];
  const differing = few.filter((instruction, index) => instruction !== more[index]);
  t.deepEqual([...new Set(differing)], ['9702000000000100'], 'r2 %= 65536');
  t.true(more.includes('97020000feff0000'), 'r2 %= 65534, a multiple of 7');
});

test('checkRule refuses what is no rule', (t) => {
  const by = 'dst-port';
  t.throws(() => checkRule({ by: 'moon' as 'flow' }), {
    instanceOf: TypeError,
    message: /^cannot steer by "moon"/,
  });
  t.throws(() => checkRule({ by: 'flow', map: '5=1' }), { instanceOf: TypeError });
  for (const otherwise of [-1, 256, 1.5, Number.NaN])
    t.throws(() => checkRule({ by, else: otherwise }), { instanceOf: RangeError });
  t.deepEqual(checkRule({ by }), { by, ranges: undefined, otherwise: 'flow' });
});

test('highestQueue finds the highest queue of a rule', (t) => {
  t.is(highestQueue(checkRule({ by: 'flow' })), -1);
  t.is(highestQueue(checkRule({ by: 'flow', else: 0 })), 0);
  t.is(highestQueue(checkRule({ by: 'vlan', map: '5=9,6-9=1-12', else: 3 })), 12);
});
