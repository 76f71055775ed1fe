import type { SystemError } from '../../errors.js';
import type { Link, LinkOutline } from '../../netlink/link.js';
import { isProgramLoaded, loadSocketFilter, programIdOf } from '../../sys/bpf.js';
import type { Descriptor } from '../../sys/descriptor.js';
import { systemError } from '../../sys/errno.js';
import { LITTLE_ENDIAN } from '../../sys/platform.js';
import { setTunSteering } from '../../sys/tun.js';
import { type AppliedSetting, changeThroughHolder } from '../lease/holder-client.js';
import type { SteeringWords } from '../lease/holder-request.js';
import { noSuchQueue } from '../link/device-errors.js';
import { findTap } from '../link/tap-link.js';
import { withTemporaryQueue } from '../link/temporary-queue.js';
import { readDeviceRecord } from '../state/device-record.js';
import { KERNEL_QUEUES_MAX } from '../state/limits.js';
import { findDeviceDirectory } from '../state/runtime-directory.js';
import { makeSteeringProgram } from './steering-program.js';
import { readSteeringRecord, type SteeringRecord, storeSteeringRecord } from './steering-record.js';
import { checkRule, highestQueue, type SteeringRule } from './steering-rule.js';

const ACTION = 'steer';
/** What bpftool(8) calls the programs. */
const PROGRAM_NAME = 'rtap_steer';

/**
 * How a device is steered, as far as rtap knows: by a rule, or `off`, where the kernel chooses. `unknown` if rtap set a rule, and the
 * kernel does not have its program any more: another program has replaced it or taken it off.
 */
export type Steering = SteeringRule | 'off' | 'unknown';

/**
 * Returns how the TAP `device` is steered. The kernel cannot be asked: it is what rtap remembers of its own last change. A process
 * with CAP_SYS_ADMIN learns too whether the kernel still has that program.
 *
 * @param device its name, or the link as `Links` describes it
 */
export function readSteering(device: Pick<LinkOutline, 'index'> | string): Steering {
  const { index } = typeof device === 'string' ? findTap(device, 'read') : device;
  const directory = findDeviceDirectory(index);
  return directory === undefined ? 'off' : readSteeringIn(directory);
}

/** As `readSteering`, from the folder of the device. */
export function readSteeringIn(directory: string): Steering {
  const record = readSteeringRecord(directory);
  if (record === undefined) return 'off';
  return isProgramLoaded(record.program) === false ? 'unknown' : record.rule;
}

/**
 * Lets the kernel choose the queue of each frame that it sends out of the TAP `device` by `rule`; undefined lets it choose by its own
 * hash again. If the device has a holder, the holder sets it. Otherwise this attaches a temporary queue. The program belongs to the
 * device: it stays if no process is attached.
 *
 * Throws a TypeError or RangeError if `rule` is none. Throws a SystemError: EPERM with reason `bpf-denied` without CAP_BPF, EPERM
 * without the right to attach, EINVAL if the device has one queue only or not the queues that the rule names, ENODEV if there is no
 * such device.
 *
 * @param device its name, or the link as `Links` describes it
 */
export function setSteering(device: Link | string, rule: SteeringRule | undefined): AppliedSetting {
  const link = typeof device === 'string' ? findTap(device, ACTION) : device;
  if (rule === undefined) return applyProgram(link, undefined);
  if (link.tun?.multiQueue === false) throw singleQueue(link.name);
  return applyProgram(link, rule);
}

function applyProgram(link: Link, rule: SteeringRule | undefined): AppliedSetting {
  const purpose = { action: ACTION, object: link.name };
  const isDone = changeThroughHolder(link, ACTION, (holder) => {
    using program =
      rule === undefined ? undefined : loadRule(link.name, rule, { queueCount: holder.greeting.queues });
    holder.setSteering(program?.fd, program && wordsOf(program.record));
  });
  if (isDone) return { throughHolder: true, remembered: true };
  using program =
    rule === undefined ? undefined : loadRule(link.name, rule, { queueCount: knownQueueCount(link) });
  withTemporaryQueue(link, { action: ACTION }, ({ fd }) => setTunSteering(fd, program?.fd, purpose));
  const { owner, group } = link.tun ?? {};
  const remembered = storeSteeringRecord({ ifindex: link.index, owner, group }, program?.record);
  return { throughHolder: false, remembered };
}

function wordsOf({ rule, program }: SteeringRecord): SteeringWords {
  return { by: rule.by, map: rule.map, else: String(rule.else), program };
}

/** Undefined for a device that rtap did not make, while no process has it attached. */
function knownQueueCount({ index, tun }: Link): number | undefined {
  const attached = tun?.queues ?? 0;
  return readDeviceRecord(index)?.queues ?? (attached === 0 ? undefined : attached);
}

/** A program in the kernel, and what is remembered of it. */
class LoadedProgram implements Disposable {
  readonly #descriptor: Descriptor;
  readonly record: SteeringRecord;

  constructor(descriptor: Descriptor, record: SteeringRecord) {
    this.#descriptor = descriptor;
    this.record = record;
  }

  get fd(): number {
    return this.#descriptor.fd;
  }

  [Symbol.dispose](): void {
    this.#descriptor[Symbol.dispose]();
  }
}

/** The queues that a program chooses from. */
export interface SteeredQueues {
  /** Undefined if it is not known. */
  readonly queueCount: number | undefined;
  /** See `ProgramTarget`. */
  readonly indexes?: readonly number[] | undefined;
}

/** Loads the program for `rule`. Throws a SystemError for a queue that the device `name` does not have, or without CAP_BPF. */
export function loadRule(
  name: string,
  rule: SteeringRule,
  { queueCount, indexes }: SteeredQueues,
): LoadedProgram {
  const checked = checkRule(rule);
  const highest = highestQueue(checked);
  if (queueCount !== undefined && highest >= queueCount) throw noSuchQueue(name, highest, queueCount);
  const target = { queueCount: queueCount ?? KERNEL_QUEUES_MAX, indexes, littleEndian: LITTLE_ENDIAN };
  const purpose = { action: ACTION, object: name };
  const descriptor = loadSocketFilter(makeSteeringProgram(checked, target), PROGRAM_NAME, purpose);
  try {
    const { by, map } = rule;
    const remembered = {
      by,
      ...(map === undefined ? {} : { map: map.replaceAll(/\s/g, '') }),
      else: checked.otherwise,
    };
    return new LoadedProgram(descriptor, { rule: remembered, program: programIdOf(descriptor.fd, purpose) });
  } catch (error) {
    descriptor[Symbol.dispose]();
    throw error;
  }
}

function singleQueue(name: string): SystemError {
  return systemError({
    action: ACTION,
    object: name,
    code: 'EINVAL',
    syscall: 'queue selection',
    detail: 'it is a single-queue device',
    reason: 'single-queue',
  });
}
