import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import fc from 'fast-check';
import { readCommandWords } from '../../../../src/cli/completion/command-words.js';
import { PROGRAM } from '../../../../src/cli/entry/program.js';
import { processConsole } from '../../../../src/cli/process/process-console.js';
import {
  readTemplateOptions,
  type TemplateArguments,
} from '../../../../src/cli/tx-inject/templates/template-options.js';
import { formatHex, parseHex } from '../../../../src/packet/bytes/hex.js';
import { STAMP_SIZE } from '../../../../src/packet/generate/stamp.js';
import { VARIED_FIELDS } from '../../../../src/packet/generate/varied-field.js';
import {
  formatIpv4Address,
  formatIpv6Address,
  parseIpAddress,
} from '../../../../src/packet/headers/ip-address.js';

const UDP = '10.0.0.1:1000-10.0.0.2:2000';
const UDP6 = '[2001:db8::1]:1-[2001:db8::2]:65535';
const directory = mkdtempSync(join(tmpdir(), 'rtap-template-'));
test.after.always(() => rmSync(directory, { recursive: true }));

function read(given: TemplateArguments) {
  const options = readTemplateOptions(given);
  if (options === undefined) throw new Error('no template');
  return options;
}

test('readTemplateOptions reads a template and nothing else', (t) => {
  t.is(readTemplateOptions({}), undefined);
  t.deepEqual(read({ udp: UDP }), {
    template: {
      protocol: 'udp',
      source: parseIpAddress('10.0.0.1'),
      destination: parseIpAddress('10.0.0.2'),
      sourcePort: 1000,
      destinationPort: 2000,
      frameBytes: 64,
    },
    sourceMac: undefined,
    destinationMac: undefined,
    varied: [],
    stamped: false,
  });
});

test('readTemplateOptions reads IPv6 addresses in brackets, and without brackets when there is no port', (t) => {
  t.like(read({ tcp: UDP6 }).template, {
    protocol: 'tcp',
    source: parseIpAddress('2001:db8::1'),
    sourcePort: 1,
    destinationPort: 65535,
    frameBytes: 74,
  });
  for (const icmp of [
    '2001:db8::1-::ffff:10.0.0.1',
    '[2001:db8::1]-[::ffff:10.0.0.1]',
    ' 2001:db8::1 - ::ffff:10.0.0.1',
  ]) {
    const { template } = read({ icmp });
    t.deepEqual(
      [template.source, template.destination],
      [parseIpAddress('2001:db8::1'), parseIpAddress('::ffff:10.0.0.1')],
    );
    t.false('sourcePort' in template);
  }
});

test('readTemplateOptions reads every option when it is given', (t) => {
  const options = read({
    tcp: UDP,
    size: '100',
    dstMac: '02:00:00:00:00:02',
    srcMac: '2-0-0-0-0-1',
    vlan: '4094',
    ttl: '255',
    tcpFlags: 'S.',
    payloadHex: '00 ff',
    stamp: true,
  });
  t.like(options, {
    sourceMac: Uint8Array.of(2, 0, 0, 0, 0, 1),
    destinationMac: Uint8Array.of(2, 0, 0, 0, 0, 2),
    stamped: true,
  });
  t.like(options.template, { frameBytes: 100, vlanId: 4094, hopLimit: 255, tcpFlags: 0x12 });
});

for (const [text, flags] of [
  ['none', 0],
  ['syn', 2],
  ['SYN,ack', 0x12],
  ['S.', 0x12],
  ['SA', 0x12],
  ['FSRPAUEC', 0xff],
  ['W', 0x80],
] as const) {
  test(`readTemplateOptions reads the TCP flags ${text}`, (t) => {
    t.is(read({ tcp: UDP, tcpFlags: text }).template.tcpFlags, flags);
  });
}

for (const [given, flags] of [
  [{}, 0x02],
  [{ size: '54' }, 0x02],
  [{ vlan: '3' }, 0x02],
  [{ size: '55' }, 0x18],
  [{ payload: 'x' }, 0x18],
  [{ stamp: true }, 0x18],
  [{ payload: 'x', tcpFlags: 'syn' }, 0x02],
] as const) {
  test(`readTemplateOptions makes a SYN of TCP without data, and PSH-ACK with: ${JSON.stringify(given)}`, (t) => {
    t.is(read({ tcp: UDP, ...given }).template.tcpFlags, flags);
  });
}

const sizes: readonly (readonly [given: TemplateArguments, frameBytes: number])[] = [
  [{ udp: UDP }, 64],
  [{ udp: UDP, size: '42' }, 42],
  [{ udp: UDP, size: '65549' }, 65549],
  [{ udp: UDP, stamp: true }, 64],
  [{ udp: UDP, stamp: true, vlan: '1' }, 68],
  [{ tcp: UDP, stamp: true }, 76],
  [{ tcp: UDP }, 54],
  [{ tcp: UDP, vlan: '1' }, 58],
  [{ tcp: UDP6 }, 74],
  [{ udp: UDP6, stamp: true }, 84],
  [{ udp: UDP, payload: 'hello' }, 47],
  [{ udp: UDP, payload: 'hello', stamp: true }, 69],
  [{ udp: UDP, payload: 'grüße' }, 49],
  [{ udp: UDP, payload: 'hello', size: '60' }, 60],
  [{ arp: '10.0.0.1-10.0.0.2' }, 64],
  [{ arp: '10.0.0.1-10.0.0.2', size: '42' }, 42],
];
for (const [given, frameBytes] of sizes) {
  test(`readTemplateOptions makes frames of ${frameBytes} bytes of ${JSON.stringify(given)}`, (t) => {
    t.is(read(given).template.frameBytes, frameBytes);
  });
}

test('readTemplateOptions makes a payload begin behind the stamp', (t) => {
  const { payload } = read({ udp: UDP, payload: 'abcde', stamp: true }).template;
  const filled = Array.from({ length: STAMP_SIZE + 7 }, (_, index) => payload![index % 5]!);
  t.is(String.fromCharCode(...filled.slice(STAMP_SIZE)), 'abcdeab');
});

test('readTemplateOptions reads a payload from a file, and no more than a frame holds', (t) => {
  const path = join(directory, 'payload');
  writeFileSync(path, 'from a file');
  t.is(
    formatHex(read({ udp: UDP, payloadFile: path }).template.payload!),
    formatHex(Buffer.from('from a file')),
  );
  writeFileSync(path, Buffer.alloc(200_000, 7));
  t.is(read({ udp: UDP, payloadFile: path, size: '9000' }).template.payload?.length, 65_535);
  t.throws(() => read({ udp: UDP, payloadFile: path }), {
    message: 'cannot carry 65535 bytes: a UDP frame over IPv4 has 42 to 65549 bytes; --size cuts the payload',
  });
  t.throws(() => read({ udp: UDP, payloadFile: join(directory, 'none') }), {
    name: 'SystemError',
    message: /^cannot read ".*none": .*there is no such file/,
  });
});

test('readTemplateOptions reads what varies', (t) => {
  const vary = [
    'src-port=1000..2000',
    'dst-ip=10.0.0.1..10.0.9.1/256',
    'src-mac=02:00:00:00:00:01..02:00:00:00:01:00',
  ];
  t.deepEqual(read({ udp: UDP, vary }).varied, [
    { name: 'src-port', first: parseHex('03e8'), step: 1, count: 1001 },
    { name: 'dst-ip', first: parseHex('0a000001'), step: 256, count: 10 },
    { name: 'src-mac', first: parseHex('020000000001'), step: 1, count: 256 },
  ]);
  t.deepEqual(read({ udp: UDP6, vary: ['src-ip=::ffff..::2:3/2'] }).varied, [
    { name: 'src-ip', first: parseIpAddress('::ffff'), step: 2, count: 0x8003 },
  ]);
  t.deepEqual(read({ tcp: UDP, vary: ['seq=0..4294967295'] }).varied, [
    { name: 'seq', first: parseHex('00000000'), step: 1, count: 2 ** 32 },
  ]);
  t.deepEqual(read({ icmp: '1.1.1.1-2.2.2.2', vary: ['id=7'] }).varied, [
    { name: 'id', first: parseHex('0007'), step: 1, count: 1 },
  ]);
});

test('readTemplateOptions tags frames whose VLAN varies', (t) => {
  const { template, varied } = read({ udp: UDP, vary: ['vlan=10..20'] });
  t.is(template.vlanId, 10);
  t.deepEqual(varied, [{ name: 'vlan', first: parseHex('000a'), step: 1, count: 11 }]);
});

const addresses = fc.oneof(
  fc.uint8Array({ minLength: 4, maxLength: 4 }),
  fc.uint8Array({ minLength: 16, maxLength: 16 }),
);

test('readTemplateOptions reads any addresses and ports', (t) => {
  const pairs = fc.tuple(addresses, addresses).filter(([one, other]) => one.length === other.length);
  fc.assert(
    fc.property(pairs, fc.nat(65535), fc.nat(65535), ([source, destination], sourcePort, destinationPort) => {
      const [from, to] = [source, destination].map((bytes) =>
        bytes.length === 4 ? formatIpv4Address(bytes) : `[${formatIpv6Address(bytes)}]`,
      );
      const { template } = read({ tcp: `${from}:${sourcePort}-${to}:${destinationPort}` });
      t.like(template, { source, destination, sourcePort, destinationPort });
      t.like(read({ icmp: `${from}-${to}` }).template, { source, destination });
    }),
  );
});

test('readTemplateOptions takes any text, or refuses it with a sentence', (t) => {
  const words = fc.string({ unit: fc.constantFrom(...'0123456789abf.:-[]/=,src-portSA ') });
  const keys = ['udp', 'icmp', 'size', 'dstMac', 'vlan', 'ttl', 'payloadHex'] as const;
  fc.assert(
    fc.property(fc.constantFrom(...keys), words, words, (key, text, varied) => {
      for (const given of [
        { udp: UDP, [key]: text },
        { udp: UDP, vary: [varied] },
        { tcp: UDP, tcpFlags: text },
      ]) {
        try {
          readTemplateOptions(given);
        } catch (error) {
          t.true(error instanceof TypeError || error instanceof RangeError);
          t.regex(String((error as Error).message), /^cannot [a-z]/);
        }
      }
    }),
    { numRuns: 300 },
  );
});

test('completion offers the varied fields and the TCP flags', async (t) => {
  const commands = await readCommandWords(PROGRAM, processConsole);
  const { options } = commands.find(({ name }) => name === 'tx-inject')!;
  const offerOf = (name: string) => options.find(({ names }) => names.includes(name))?.offer;
  t.deepEqual(offerOf('--vary'), { kind: 'words', words: VARIED_FIELDS.map((field) => `${field}=`) });
  t.like(offerOf('--tcp-flags'), { kind: 'list' });
  t.deepEqual(offerOf('--payload-file'), { kind: 'file' });
});

const FORM = 'wanted a form like 10.0.0.1:1000-10.0.0.2:2000 or [2001:db8::1]:1000-[2001:db8::2]:2000';
const refusals: readonly (readonly [given: TemplateArguments, message: string])[] = [
  [{ udp: UDP, tcp: UDP }, 'cannot use --udp with --tcp: give one template'],
  [{ size: '64' }, 'cannot use --size without a template: give --udp, --tcp, --icmp or --arp'],
  [{ stamp: true }, 'cannot use --stamp without a template: give --udp, --tcp, --icmp or --arp'],
  [{ udp: '' }, `cannot read --udp "": ${FORM}`],
  [{ udp: '10.0.0.1-10.0.0.2' }, `cannot read --udp "10.0.0.1-10.0.0.2": ${FORM}`],
  [{ udp: '10.0.0.1:1-10.0.0.2:2-3' }, `cannot read --udp "10.0.0.1:1-10.0.0.2:2-3": ${FORM}`],
  [{ tcp: '2001:db8::1:80-2001:db8::2:80' }, `cannot read --tcp "2001:db8::1:80-2001:db8::2:80": ${FORM}`],
  [
    { udp: '10.0.0.1:65536-10.0.0.2:1' },
    'cannot use port 65536 of "10.0.0.1:65536-10.0.0.2:1": 0 to 65535 are possible',
  ],
  [
    { udp: '10.0.0:1-10.0.0.2:1' },
    'cannot parse "10.0.0": an IP address is written as 192.0.2.1 or 2001:db8::1',
  ],
  [
    { udp: '10.0.0.1:1-[::1]:1' },
    'cannot read --udp "10.0.0.1:1-[::1]:1": one address is of IPv4, the other of IPv6',
  ],
  [{ arp: '::1-::2' }, 'cannot read --arp "::1-::2": ARP asks for addresses of IPv4 only'],
  [
    { icmp: '10.0.0.1' },
    'cannot read --icmp "10.0.0.1": wanted a form like 10.0.0.1-10.0.0.2 or 2001:db8::1-2001:db8::2',
  ],
  [{ udp: UDP, size: '41' }, 'cannot use size 41: a UDP frame over IPv4 has 42 to 65549 bytes'],
  [
    { udp: UDP, stamp: true, size: '63' },
    'cannot use size 63: a stamped UDP frame over IPv4 has 64 to 65549 bytes',
  ],
  [{ udp: UDP6, size: '70000' }, 'cannot use size 70000: a UDP frame over IPv6 has 62 to 65589 bytes'],
  [{ arp: '1.1.1.1-2.2.2.2', size: '20' }, 'cannot use size 20: an ARP frame has 42 to 65549 bytes'],
  [{ udp: UDP, size: 'big' }, 'cannot read size "big": wanted a whole number'],
  [{ udp: UDP, vlan: '4095' }, 'cannot use VLAN id 4095: 0 to 4094 are possible'],
  [{ udp: UDP, ttl: '256' }, 'cannot use ttl 256: 0 to 255 are possible'],
  [{ udp: UDP, tcpFlags: 'S' }, 'cannot use --tcp-flags with --udp: only TCP has flags'],
  [
    { tcp: UDP, tcpFlags: 'SX' },
    'cannot read TCP flags "SX": wanted a form like syn,ack or S., of fin, syn, rst, psh, ack, urg, ece, cwr, or none',
  ],
  [{ arp: '1.1.1.1-2.2.2.2', stamp: true }, 'cannot use --stamp with --arp: ARP has no place for it'],
  [{ arp: '1.1.1.1-2.2.2.2', payload: 'x' }, 'cannot use --payload with --arp: ARP has no place for it'],
  [
    { udp: UDP, payload: 'x', payloadHex: '00' },
    'cannot use several payloads: give one of --payload, --payload-hex and --payload-file',
  ],
  [{ udp: UDP, payload: '' }, 'cannot use --payload "": it is empty'],
  [
    { udp: UDP, payloadHex: '0' },
    'cannot parse "0": the digit at position 1 has no partner: hexadecimal digits come in pairs',
  ],
  [
    { udp: UDP, srcMac: 'x' },
    'cannot parse "x": a MAC address is six hexadecimal bytes such as 02:00:00:00:00:01',
  ],
  [{ udp: UDP, vary: ['src-port'] }, 'cannot read --vary "src-port": wanted a form like src-port=1000..2000'],
  [
    { udp: UDP, vary: ['port=1..2'] },
    'cannot vary "port": src-mac, dst-mac, vlan, src-ip, dst-ip, src-port, dst-port, seq, id are possible',
  ],
  [{ udp: UDP, vary: ['seq=1..2'] }, 'cannot vary "seq": a frame of --udp has none'],
  [{ udp: UDP, vary: ['src-port=1..2', 'src-port=3..4'] }, 'cannot vary "src-port" twice: give one range'],
  [
    { udp: UDP, vary: ['src-port=2..1'] },
    'cannot use range "src-port=2..1": its end is before its beginning',
  ],
  [{ udp: UDP, vary: ['src-port=1..65536'] }, 'cannot use src-port 65536: 0 to 65535 are possible'],
  [{ udp: UDP, vary: ['src-port=a..b'] }, 'cannot read src-port "a": wanted a whole number'],
  [{ udp: UDP, vary: ['vlan=1..4095'] }, 'cannot use vlan 4095: 0 to 4094 are possible'],
  [
    { udp: UDP, vary: ['src-port=1..9/0'] },
    'cannot use step 0 of "src-port=1..9/0": 1 to 4294967295 are possible',
  ],
  [
    { udp: UDP, vary: ['src-ip=::1..::2'] },
    'cannot vary "src-ip" from "::1": this is an address of IPv6, and the frame has addresses of IPv4',
  ],
  [
    { udp: UDP6, vary: ['src-ip=::1..1::'] },
    'cannot use range "src-ip=::1..1::": it has more than 9007199254740991 values',
  ],
];
for (const [given, message] of refusals) {
  test(`readTemplateOptions refuses ${JSON.stringify(given)}`, (t) => {
    const error = t.throws(() => readTemplateOptions(given));
    t.is(error?.message, message);
    t.true(error instanceof TypeError || error instanceof RangeError);
  });
}
