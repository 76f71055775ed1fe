import test from 'ava';
import fc from 'fast-check';
import { MalformedError } from '../../../src/errors.js';
import {
  decodeMessage,
  encodeMessage,
  REPLY_BYTES_MAX,
  REQUEST_BYTES_MAX,
} from '../../../src/tap/lease/holder-message.js';
import { decodeReply, encodeReply, type HolderReply } from '../../../src/tap/lease/holder-reply.js';
import { decodeRequest, encodeRequest, type HolderRequest } from '../../../src/tap/lease/holder-request.js';

const bytesOf = (text: string) => new TextEncoder().encode(text);

const REQUESTS: readonly (readonly [request: HolderRequest, text: string])[] = [
  [
    { type: 'lease', queues: [0, 2], share: false, command: 'rx-dump' },
    '{"rtap":1,"type":"lease","queues":[0,2],"share":false,"command":"rx-dump"}',
  ],
  [
    { type: 'lease', queues: undefined, share: true, command: 'x' },
    '{"rtap":1,"type":"lease","share":true,"command":"x"}',
  ],
  [
    { type: 'lease', queues: [1], share: false, command: 'qemu', process: true },
    '{"rtap":1,"type":"lease","queues":[1],"share":false,"command":"qemu","process":true}',
  ],
  [
    { type: 'lease', queues: [1], share: false, command: 'fwd', passive: true },
    '{"rtap":1,"type":"lease","queues":[1],"share":false,"command":"fwd","passive":true}',
  ],
  [{ type: 'send', queues: [0], passive: true }, '{"rtap":1,"type":"send","queues":[0],"passive":true}'],
  [{ type: 'send', queues: [255] }, '{"rtap":1,"type":"send","queues":[255]}'],
  [{ type: 'persist', on: true }, '{"rtap":1,"type":"persist","on":true}'],
  [{ type: 'offload', offloads: ['csum'] }, '{"rtap":1,"type":"offload","offloads":["csum"]}'],
  [
    { type: 'steer', record: { by: 'dst-port', map: '53=1', else: 'flow', program: 7 } },
    '{"rtap":1,"type":"steer","record":{"by":"dst-port","map":"53=1","else":"flow","program":7}}',
  ],
  [{ type: 'steer', record: undefined }, '{"rtap":1,"type":"steer"}'],
  [
    { type: 'filter', filter: { addresses: ['02:00:00:00:00:01'], allMulticast: true } },
    '{"rtap":1,"type":"filter","filter":{"addresses":["02:00:00:00:00:01"],"allMulticast":true}}',
  ],
  [{ type: 'filter', filter: undefined }, '{"rtap":1,"type":"filter"}'],
  [{ type: 'release' }, '{"rtap":1,"type":"release"}'],
  [{ type: 'take-over' }, '{"rtap":1,"type":"take-over"}'],
  [{ type: 'taken' }, '{"rtap":1,"type":"taken"}'],
];

const HOLDER = { pid: 12, command: 'rtap' };
const REPLIES: readonly HolderReply[] = [
  {
    type: 'greeting',
    holder: HOLDER,
    device: 'io0',
    ifindex: 3,
    netns: '4711',
    queues: 4,
    leases: [{ pid: 13, command: 'rx-dump', queues: [1, 2] }],
    admitted: true,
  },
  {
    type: 'greeting',
    holder: HOLDER,
    device: 'io0',
    ifindex: 3,
    netns: '4711',
    queues: 3,
    leases: [],
    admitted: true,
    disabled: [1],
    indexes: [1, -1, 0],
    restored: {
      count: 3,
      borrower: HOLDER,
      attached: [0],
      nonblocking: [],
      header: 10,
      offloads: ['csum'],
      order: true,
    },
  },
  {
    type: 'refusal',
    code: 'EBUSY',
    syscall: 'holder',
    detail: 'queue 2 of io0 is being read by rx-dump (pid 13)',
    reason: 'queue-leased',
  },
  { type: 'lent', queues: [0, 1] },
  { type: 'lent', queues: [0, 1], process: true },
  { type: 'done' },
  { type: 'handing-over', persistent: true, group: 100 },
  { type: 'handing-over', persistent: false, group: undefined },
  {
    type: 'handing-over',
    persistent: true,
    group: undefined,
    settings: { header: 12, offloads: [] },
    indexes: [0, -1],
  },
  { type: 'queues', queues: [0] },
  { type: 'connections', connections: [{ pid: 1, command: 'a', queues: [], share: false }] },
  {
    type: 'connections',
    connections: [{ pid: 1, command: 'a', queues: [2], share: false, process: true, passive: true }],
  },
  { type: 'all' },
];

test('encodeRequest makes exactly these bytes, and decodeRequest reads them back', (t) => {
  for (const [request, text] of REQUESTS) {
    t.is(new TextDecoder().decode(encodeRequest(request)), text);
    t.deepEqual(decodeRequest(bytesOf(text)), request);
  }
});

test('decodeReply reads back what encodeReply makes', (t) => {
  for (const reply of REPLIES) t.deepEqual(decodeReply(encodeReply(reply)), reply);
});

test('encodeReply makes exactly these bytes of a refusal', (t) => {
  const refusal: HolderReply = {
    type: 'refusal',
    code: 'EBUSY',
    syscall: 'holder',
    detail: 'it is read',
    reason: 'queue-leased',
  };
  const text =
    '{"rtap":1,"type":"refusal","code":"EBUSY","syscall":"holder","reason":"it is read","reason_code":"queue-leased"}';
  t.is(new TextDecoder().decode(encodeReply(refusal)), text);
});

test('decodeReply reads no reason from an older holder, and none that it does not know', (t) => {
  const without = { type: 'refusal', code: 'EBUSY', syscall: 'holder', detail: 'x', reason: undefined };
  const fields = '"rtap":1,"type":"refusal","code":"EBUSY","syscall":"holder","reason":"x"';
  t.deepEqual(decodeReply(bytesOf(`{${fields}}`)), without as HolderReply);
  for (const unknown of ['of-tomorrow', '', '__proto__', 'x'.repeat(5000)])
    t.deepEqual(
      decodeReply(bytesOf(`{${fields},"reason_code":"${unknown}"}`)),
      without as HolderReply,
      unknown.slice(0, 20),
    );
  t.throws(() => decodeReply(bytesOf(`{${fields},"reason_code":7}`)), { instanceOf: MalformedError });
});

test('decodeRequest refuses a message that was cut anywhere', (t) => {
  for (const [request] of REQUESTS) {
    const bytes = encodeRequest(request);
    for (let length = 0; length < bytes.length; length++)
      t.throws(() => decodeRequest(bytes.subarray(0, length)), { instanceOf: MalformedError });
  }
});

const FAULTS: readonly (readonly [text: string, fault: string])[] = [
  ['', 'it is not JSON'],
  ['\xff', '"it is not JSON"'],
  ['[]', 'it is no object'],
  ['null', 'it is no object'],
  ['{}', '"rtap" is no whole number'],
  ['{"rtap":2,"type":"release"}', 'it is of version 2 of the protocol, this is version 1'],
  ['{"rtap":1}', '"type" is no text'],
  ['{"rtap":1,"type":"bow"}', '"bow" is no request'],
  ['{"rtap":1,"type":"send"}', '"queues" is no array'],
  ['{"rtap":1,"type":"send","queues":[1,0]}', '"queues" are no rising numbers'],
  ['{"rtap":1,"type":"send","queues":[0,0]}', '"queues" are no rising numbers'],
  ['{"rtap":1,"type":"send","queues":[256]}', '"queues" are no rising numbers'],
  ['{"rtap":1,"type":"send","queues":[-1]}', '"queues" are no rising numbers'],
  ['{"rtap":1,"type":"send","queues":["0"]}', '"queues" are no rising numbers'],
  ['{"rtap":1,"type":"persist","on":1}', '"on" is neither true nor false'],
  ['{"rtap":1,"type":"offload","offloads":[1]}', '"offloads" holds what is no text'],
  ['{"rtap":1,"type":"lease","share":false}', '"command" is no text'],
];

for (const [text, fault] of FAULTS) {
  test(`decodeRequest refuses ${text}`, (t) => {
    const error = t.throws(() => decodeRequest(bytesOf(text)), { instanceOf: MalformedError });
    t.true(error.message.startsWith('cannot read "message": '));
    if (text !== '\xff') t.true(error.message.includes(fault), error.message);
  });
}

test('decodeRequest and decodeReply refuse a message that is too long', (t) => {
  const long = `{"rtap":1,"type":"release","x":"${'x'.repeat(REQUEST_BYTES_MAX)}"}`;
  t.throws(() => decodeRequest(bytesOf(long)), { message: /at most 65536 are possible$/ });
  t.throws(() => decodeReply(new Uint8Array(REPLY_BYTES_MAX + 1)), {
    message: /at most 65536 are possible$/,
  });
});

test('decodeRequest replaces control characters and cuts long names', (t) => {
  const command = `\x1b[31m\u2028${'x'.repeat(100)}`;
  const request = decodeRequest(encodeRequest({ type: 'lease', queues: undefined, share: false, command }));
  t.is(request.type === 'lease' ? request.command : '', `?[31m?${'x'.repeat(58)}`);
});

test('decodeRequest and decodeReply throw nothing but MalformedError for random bytes and fields', (t) => {
  const fields = fc.object({
    key: fc.constantFrom('rtap', 'type', 'queues', 'share', 'command', 'on', 'offloads'),
  });
  const versioned = fields.map((value) => ({ ...value, rtap: 1 }));
  const type = fc.constantFrom(
    'lease',
    'send',
    'persist',
    'offload',
    'greeting',
    'refusal',
    'connections',
    'lent',
  );
  const likely = fc
    .tuple(versioned, type)
    .map(([value, word]) => bytesOf(JSON.stringify({ ...value, type: word })));
  fc.assert(
    fc.property(fc.oneof(fc.uint8Array({ maxLength: 200 }), likely), (bytes) => {
      for (const decode of [decodeRequest, decodeReply]) {
        try {
          decode(bytes);
        } catch (error) {
          if (!(error instanceof MalformedError)) throw error;
        }
      }
    }),
    { numRuns: 2000 },
  );
  t.notThrows(() => decodeMessage(encodeMessage({ type: 'any' }), 100));
});
