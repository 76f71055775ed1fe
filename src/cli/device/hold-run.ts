import type { Command } from 'commander';
import { ArgumentTypeError } from '../../errors.js';
import type { Link } from '../../netlink/link.js';
import { CreatedDevice } from '../../tap/device/device-creation.js';
import { noRuntimeDirectory } from '../../tap/hold/holder-start.js';
import { countActivationSockets, takeActivationSockets } from '../../tap/hold/service-manager.js';
import { receiveHandOver, takeOver } from '../../tap/hold/take-over.js';
import { findTap } from '../../tap/link/tap-link.js';
import { readAccount } from '../arguments/device-arguments.js';
import { plural } from '../output/plural.js';
import { runInBackground } from '../process/background.js';
import type { Console } from '../process/console.js';
import { StopRequest } from '../process/stop-request.js';
import { HoldSession } from './hold-session.js';

/** The options of `rtap hold`, as typed. */
export interface HoldArguments {
  readonly detach?: boolean;
  readonly group?: string;
  readonly takeOver?: boolean;
  readonly socketActivation?: boolean;
  readonly json?: boolean;
}

/** `rtap hold`: keeps all queues of an existing device attached, and lends them. */
export async function runHold(name: string, command: Command, console: Console): Promise<void> {
  const given = command.opts<HoldArguments>();
  const group = given.group === undefined ? undefined : await readAccount('group', given.group);
  if (given.detach === true) {
    // The process in the background does not get the sockets, so users that connect to them would wait for ever.
    if (given.socketActivation === true || countActivationSockets() > 0)
      throw new ArgumentTypeError(
        'cannot use "--detach" with --socket-activation: systemd keeps the holder in the background',
      );
    return runInBackground(command, name, console);
  }
  // Installed before there is anything to clean up.
  using stop = new StopRequest(console);
  const moreSockets = takeActivationSockets({ required: given.socketActivation === true });
  const link = findTap(name, 'hold');
  using session = new HoldSession(console);
  const options = { group, moreSockets };
  const queues =
    given.takeOver === true
      ? await succeed(session, link, options, stop)
      : await begin(session, link, options, stop);
  await session.run({ name: link.name, ifindex: link.index }, stop, () => {
    if (given.json === true)
      console.printJson({ ifname: link.name, ifindex: link.index, queues, pid: process.pid });
    else console.print(`${link.name}: ready, ${plural(queues, 'queue')}`);
  });
}

type LendOptions = Parameters<HoldSession['lend']>[1];

/** Begins to hold `link`. Returns the number of its queues. */
async function begin(
  session: HoldSession,
  link: Link,
  options: LendOptions,
  stop: StopRequest,
): Promise<number> {
  // It asks a holder that there may be, which can be silent.
  const device = await stop.unguarded(() => CreatedDevice.adopt(link));
  try {
    device.attachAll();
    if (!session.lend(device, options)) throw noRuntimeDirectory(link.name, 'hold');
    return device.queueCount;
  } catch (error) {
    device[Symbol.dispose]();
    throw error;
  }
}

/** Takes over from the present holder of `link`. Returns the number of its queues. */
async function succeed(
  session: HoldSession,
  link: Link,
  options: LendOptions,
  stop: StopRequest,
): Promise<number> {
  // The present holder goes on if a signal ends this process meanwhile.
  const parts = await stop.unguarded(() => receiveHandOver(link));
  const { holder, queueCount } = takeOver(parts, { ...options, ...session.handlers });
  session.adopt(holder);
  return queueCount;
}
