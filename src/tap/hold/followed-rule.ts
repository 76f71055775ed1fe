import { isProgramLoaded } from '../../sys/bpf.js';
import { isSystemError } from '../../sys/errno.js';
import { setTunSteering } from '../../sys/tun.js';
import { findDeviceDirectory } from '../state/runtime-directory.js';
import { loadRule } from '../steer/steering.js';
import { readSteeringRecord, writeSteeringRecord } from '../steer/steering-record.js';
import type { HeldDevice } from './kept-settings.js';

type Indexes = readonly number[] | undefined;

/**
 * Keeps the rule that a held device is steered by leading to the same queues while borrowers change their order. A program returns the
 * kernel's index of a queue, so for each order the rule is loaded anew.
 *
 * `indexes` are the kernel's present indices of the queues. undefined if each is the number of its queue.
 */
export class FollowedRule {
  readonly #onFault: (text: string) => void;
  /** The indices that the present program was made for. */
  #madeFor: Indexes;

  /** `onFault` gets a sentence when the rule cannot be loaded, for example without CAP_BPF. */
  constructor(onFault: (text: string) => void) {
    this.#onFault = onFault;
  }

  /** Takes note that the previous holder has made the program for `indexes`. */
  inherit(indexes: Indexes): void {
    this.#madeFor = indexes;
  }

  /** Takes note that a user has set a rule, whose program is made for the numbers of the queues. */
  replace(held: HeldDevice, indexes: Indexes): void {
    this.#madeFor = undefined;
    this.follow(held, indexes);
  }

  /** Loads the rule anew if the indices have changed. Does nothing if the device has no rule of rtap. */
  follow(held: HeldDevice, indexes: Indexes): void {
    if (indexes?.join() === this.#madeFor?.join()) return;
    this.#madeFor = indexes;
    try {
      loadAgain(held, indexes);
    } catch (error) {
      if (!isSystemError(error)) throw error;
      this.#onFault(
        `the rule of ${held.name} leads to other queues while a borrower changes their order: ${error.detail}`,
      );
    }
  }
}

function loadAgain({ device, name }: HeldDevice, indexes: Indexes): void {
  const directory = findDeviceDirectory(device.ifindex);
  const record = directory === undefined ? undefined : readSteeringRecord(directory);
  if (directory === undefined || record === undefined || isProgramLoaded(record.program) === false) return;
  using program = loadRule(name, record.rule, { queueCount: device.queueCount, indexes });
  setTunSteering(device.queues[0]!.fd, program.fd, { action: 'steer', object: name });
  writeSteeringRecord(directory, program.record);
}
