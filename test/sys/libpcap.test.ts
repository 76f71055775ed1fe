import { spawnSync } from 'node:child_process';
import test from 'ava';
import { bpfProgramLayout, FilterProgram, libpcapVersion } from '../../src/sys/libpcap.js';
import { MappedMemory } from '../../src/sys/mapped-memory.js';

const UDP_FRAME = new Uint8Array(60);
UDP_FRAME.set([2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2, 0x08, 0x00, 0x45, 0, 0, 46, 0, 0, 0, 0, 64, 17]);

test('bpfProgramLayout matches struct bpf_program for pointers of 4 and 8 bytes', (t) => {
  t.deepEqual(bpfProgramLayout(4), { size: 8, alignment: 4, offsets: { bf_len: 0, bf_insns: 4 } });
  t.deepEqual(bpfProgramLayout(8), { size: 16, alignment: 8, offsets: { bf_len: 0, bf_insns: 8 } });
});

test("libpcapVersion agrees with tcpdump when tcpdump uses the machine's libpcap", (t) => {
  const { stdout } = spawnSync('tcpdump', ['--version'], { encoding: 'utf8' });
  t.true(stdout.includes(libpcapVersion().split(' (')[0]!), stdout);
});

test('FilterProgram accepts frames on the heap, in mapped memory, and as a view of either', (t) => {
  using program = FilterProgram.compile('udp');
  using memory = MappedMemory.anonymous(4096);
  memory.bytes.set(UDP_FRAME, 101);
  const larger = new Uint8Array(1000);
  larger.set(UDP_FRAME, 3);
  const views = [UDP_FRAME, memory.bytes.subarray(101, 161), larger.subarray(3, 63)];
  for (const view of views) t.true(program.accepts(view, 60));
  views[1]![23] = 6;
  t.false(program.accepts(views[1]!, 60));
  t.false(program.accepts(larger.subarray(4, 64), 60), 'another place in the same buffer');
});

test('FilterProgram reads nothing beyond the end of a frame', (t) => {
  using program = FilterProgram.compile('udp');
  for (let length = 0; length <= 23; length++) t.false(program.accepts(UDP_FRAME.subarray(0, length), 60));
  t.true(program.accepts(UDP_FRAME.subarray(0, 24), 60));
});

test('FilterProgram takes len from the original length when a frame was cut', (t) => {
  using program = FilterProgram.compile('len > 1000 and ether[59] = 0');
  t.true(program.accepts(UDP_FRAME, 1001));
  t.false(program.accepts(UDP_FRAME, 1000));
});

test('FilterProgram accepts nothing when it is disposed, once or twice', (t) => {
  const program = FilterProgram.compile('udp');
  program[Symbol.dispose]();
  program[Symbol.dispose]();
  t.false(program.accepts(UDP_FRAME, 60));
});

test("FilterProgram.compile throws libpcap's words in one line when the expression is wrong", (t) => {
  const rows: readonly (readonly [expression: string, words: RegExp])[] = [
    ['foo bar', /syntax error$/],
    ['-w', /syntax error$/],
    ['((((', /syntax error$/],
    ['tcp[tcpflags', /syntax error$/],
    ['ü', /syntax error$/],
    ['vlan 99999', /: VLAN tag 99999 greater than maximum 4095$/],
    ['ip6 host 1.2.3.4', /: 'ip6' modifier applied to ip host$/],
    ['tcp and udp and port 70000', /: illegal port number 70000 > 65535$/],
  ];
  for (const [expression, words] of rows) {
    const error = t.throws(() => FilterProgram.compile(expression), { instanceOf: TypeError })!;
    t.true(error.message.startsWith(`cannot use filter "${expression}": `), error.message);
    t.regex(error.message, words);
    t.false(error.message.includes('\n'));
  }
});

test('FilterProgram.compile throws when only a socket in the kernel could answer', (t) => {
  for (const expression of ['inbound', 'outbound', 'not inbound', 'tcp or (udp and outbound)']) {
    t.throws(() => FilterProgram.compile(expression), {
      instanceOf: TypeError,
      message: `cannot use filter "${expression}": it uses facts that a frame does not contain (inbound, outbound, ifindex)`,
    });
  }
});
