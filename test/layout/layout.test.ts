import { arch } from 'node:os';
import test, { type ExecutionContext } from 'ava';
import { NLA_TYPE_MASK } from '../../src/netlink/attribute.js';
import { accountIdOffset } from '../../src/sys/accounts.js';
import { bpfSyscallNumber } from '../../src/sys/bpf.js';
import { timespecWords } from '../../src/sys/clock.js';
import { ifreqSize } from '../../src/sys/ifreq.js';
import { tunIoctls } from '../../src/sys/ioctl-number.js';
import { ioUringLayout } from '../../src/sys/liburing.js';
import { cmsghdrLayout, mmsghdrLayout, msghdrLayout } from '../../src/sys/message-header.js';
import { peerCredentialsOption } from '../../src/sys/peer-credentials.js';
import { HOST, type Platform } from '../../src/sys/platform.js';
import { socketProgramLayout } from '../../src/sys/ring-socket.js';
import { iovecLayout } from '../../src/uring/iovec.js';
import { type Answers, derive, NEWER_NAMES, readGolden, TARGETS, type Target } from './answers.js';
import { FIELD_NAMES } from './field-names.js';
import { listSources, readConstants, type SourceConstant } from './source-constants.js';

const WORD_BYTES = 4;

/** Numbers that stand under a `// Source:` and have no name in C; each is compared in `assertConstants`. */
const NAMELESS = new Set([
  'NAME_OFFSET',
  'ERROR_BYTES',
  'SSET_INFO_SIZE',
  'BLOCK_BITS',
  'EPOLL_EVENT_SIZE',
  'BPF_INSN_REGISTERS',
]);

const CONSTANTS: readonly SourceConstant[] = [
  ...['src/sys', 'src/uring', 'src/netlink'].flatMap(listSources),
  'src/packet/headers/virtio-net-header.ts',
  'src/tap/steer/bpf-instruction.ts',
  'src/tap/steer/steering-program.ts',
].flatMap(readConstants);

function constant(name: string): number {
  return CONSTANTS.find((candidate) => candidate.name === name)!.value;
}

function assertConstants(t: ExecutionContext, answers: Answers): void {
  let compared = 0;
  for (const { file, name, value } of CONSTANTS) {
    for (const answer of FIELD_NAMES[name] ?? [name]) {
      if (!answers.has(answer)) continue;
      t.is(value, answers.get(answer)!, `${file}: ${name} is ${answer}`);
      compared++;
    }
  }
  t.true(compared > 200, `${compared} constants compared`);
  t.is(NLA_TYPE_MASK >>> 0, answers.get('NLA_TYPE_MASK')!);
  t.is(constant('SSET_INFO_SIZE'), answers.get('ethtool_sset_info.data')! + answers.get('sizeof.int')!);
  t.is(constant('ERROR_BYTES'), answers.get('sizeof.int')!);
  t.is(constant('NAME_OFFSET'), answers.get('passwd.pw_name')!);
  t.is(constant('NAME_OFFSET'), answers.get('group.gr_name')!);
  t.is(constant('BPF_INSN_REGISTERS'), answers.get('bpf_insn.code')! + 1);
  t.is(constant('BLOCK_BITS'), 8 * answers.get('sizeof.int')!);
  t.is(answers.get('epoll_event.events'), 0);
  t.true(constant('EPOLL_EVENT_SIZE') >= answers.get('sizeof.epoll_event')!);
}

/** Compares a layout with the answers about `struct`; fields that layout.c leaves out are pads. */
function assertStruct(
  t: ExecutionContext,
  answers: Answers,
  struct: string,
  layout: { readonly size: number; readonly offsets: Readonly<Record<string, number>> },
): void {
  t.is(layout.size, answers.get(`sizeof.${struct}`)!, `sizeof.${struct}`);
  for (const [field, offset] of Object.entries(layout.offsets)) {
    if (/\bpad/.test(field)) continue;
    t.is(offset, answers.get(`${struct}.${field}`)!, `${struct}.${field}`);
  }
}

function assertLayouts(t: ExecutionContext, answers: Answers, platform: Platform): void {
  const { pointerBytes, littleEndian } = platform;
  t.is(answers.get('sizeof.pointer'), pointerBytes);
  t.is(answers.get('sizeof.size_t'), pointerBytes);
  t.is(answers.get('sizeof.long'), pointerBytes);
  t.is(answers.get('little_endian'), Number(littleEndian));
  assertStruct(t, answers, 'io_uring', ioUringLayout(pointerBytes));
  assertStruct(t, answers, 'iovec', iovecLayout(pointerBytes));
  assertStruct(t, answers, 'msghdr', msghdrLayout(pointerBytes));
  t.is(mmsghdrLayout(pointerBytes).size, answers.get('sizeof.mmsghdr')!);
  t.is(mmsghdrLayout(pointerBytes).offsets.msg_len, answers.get('mmsghdr.msg_len')!);
  assertStruct(t, answers, 'cmsghdr', cmsghdrLayout(pointerBytes));
  assertStruct(t, answers, 'sock_fprog', socketProgramLayout(pointerBytes));
  t.is(ifreqSize(pointerBytes), answers.get('sizeof.ifreq')!);
  t.is(accountIdOffset(pointerBytes), answers.get('passwd.pw_uid')!);
  t.is(accountIdOffset(pointerBytes), answers.get('group.gr_gid')!);
  assertTimespec(t, answers, platform);
}

/** A field of two words has its low one first where the byte order is little-endian. */
function assertTimespec(t: ExecutionContext, answers: Answers, platform: Platform): void {
  const { count, secondsLow, secondsHigh, nanoseconds } = timespecWords(platform);
  const wide = platform.pointerBytes === 8;
  const low = wide && !platform.littleEndian ? 1 : 0;
  t.is(count * WORD_BYTES, answers.get('sizeof.timespec')!);
  t.is(secondsLow, answers.get('timespec.tv_sec')! / WORD_BYTES + low);
  t.is(secondsHigh, wide ? answers.get('timespec.tv_sec')! / WORD_BYTES + 1 - low : undefined);
  t.is(nanoseconds, answers.get('timespec.tv_nsec')! / WORD_BYTES + low);
}

function assertIoctls(t: ExecutionContext, answers: Answers, architecture: string): void {
  for (const [name, number] of Object.entries(tunIoctls(architecture))) {
    t.is(number, answers.get(name)!, `${name} on ${architecture}`);
  }
  t.is(bpfSyscallNumber(architecture), answers.get('__NR_bpf')!, `bpf(2) on ${architecture}`);
  t.is(peerCredentialsOption(architecture), answers.get('SO_PEERCRED')!, `SO_PEERCRED on ${architecture}`);
}

for (const target of TARGETS) {
  const answers = readGolden(target.name);

  test(`constants of src/ equal the compiler's when the target is ${target.name}`, (t) => {
    assertConstants(t, answers);
  });

  test(`struct layouts equal the compiler's when the target is ${target.name}`, (t) => {
    assertLayouts(t, answers, target);
  });

  test(`tunIoctls equals the compiler's when the target is ${target.name}`, (t) => {
    assertIoctls(t, answers, target.architecture);
  });
}

test('layout.c asks for every constant that has a source', (t) => {
  const answers = readGolden('x86_64');
  const missing = CONSTANTS.filter(({ name, sourced }) => {
    if (!sourced || NAMELESS.has(name) || NEWER_NAMES.has(name)) return false;
    return (FIELD_NAMES[name] ?? [name]).some((answer) => !answers.has(answer));
  });
  t.deepEqual(
    missing.map(({ file, name }) => `${file}: ${name}`),
    [],
    'add them to layout.c (and field-names.ts), then run test/layout/regenerate',
  );
});

/** The golden of a compiler for this processor; undefined for a processor that has none. */
function nativeTarget(): Target | undefined {
  return TARGETS.find(
    ({ architecture, littleEndian }) => architecture === arch() && littleEndian === HOST.littleEndian,
  );
}

/** What a compiler says now is what was committed, and newer headers say what src/ says. */
function assertDerived(t: ExecutionContext, derived: Answers, golden: Answers): void {
  const older = new Map([...derived].filter(([name]) => !NEWER_NAMES.has(name)));
  t.deepEqual(older, new Map(golden));
  assertConstants(t, derived);
}

test("golden answers equal the compiler's when it is asked again", (t) => {
  const target = nativeTarget();
  const derived = derive('gcc');
  assertLayouts(t, derived, HOST);
  assertIoctls(t, derived, arch());
  if (target === undefined) assertConstants(t, derived);
  else assertDerived(t, derived, readGolden(target.name));
});

if (arch() === 'x64') {
  test("golden answers equal the compiler's when it is asked again for 32 bits", (t) => {
    // Needs libc6-dev-i386; nothing is linked, so gcc-multilib need not be there.
    const derived = derive('gcc', '-m32', '-isystem', '/usr/include/x86_64-linux-gnu');
    assertDerived(t, derived, readGolden('i386'));
  });
}
