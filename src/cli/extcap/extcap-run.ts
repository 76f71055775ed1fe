import { ArgumentTypeError } from '../../errors.js';
import { HintedError } from '../errors/usage-error.js';
import type { Console } from '../process/console.js';
import { packageVersion } from '../process/package-version.js';
import type { CaptureArguments } from './capture-options.js';
import { describeInterfaces, describeLinkTypes, describeOptions } from './sentences.js';

/** The options of `rtap extcap`, as typed. */
export interface ExtcapArguments extends CaptureArguments {
  readonly install?: boolean;
  readonly uninstall?: boolean;
  readonly system?: boolean;
  readonly json?: boolean;
  readonly extcapInterfaces?: boolean;
  readonly extcapDlts?: boolean;
  readonly extcapConfig?: boolean;
  readonly extcapReloadOption?: string;
  readonly extcapCleanupPostkill?: boolean;
  readonly capture?: boolean;
  readonly fifo?: string;
}

/** `rtap extcap`: installs the program that Wireshark calls, or answers one of Wireshark's calls. */
export async function runExtcap(given: ExtcapArguments, console: Console): Promise<void> {
  if (given.install === true || given.uninstall === true) return changeInstallation(given, console);
  if (given.system === true || given.json === true)
    throw new ArgumentTypeError(
      `cannot use "${given.system === true ? '--system' : '--json'}" without --install or --uninstall`,
    );
  if (given.capture === true) return capture(given, console);
  if (given.extcapInterfaces === true) {
    const { listTapNames } = await import('../../tap/link/tap-link.js');
    console.print(describeInterfaces(listTapNames(), packageVersion()));
  } else if (given.extcapDlts === true) {
    console.print(describeLinkTypes());
  } else if (given.extcapConfig === true) {
    // No option has values that another one or the device could change: there is nothing to load again.
    if (given.extcapReloadOption === undefined) console.print(describeOptions());
  } else if (given.extcapCaptureFilter !== undefined) {
    const { findFilterFault } = await import('./filter-check.js');
    const fault = findFilterFault(given.extcapCaptureFilter);
    if (fault !== undefined) console.print(fault);
  } else if (given.extcapCleanupPostkill !== true) {
    throw new HintedError(
      'cannot run "extcap": it has nothing to do',
      'let Wireshark see the TAP devices: rtap extcap --install',
    );
  }
}

async function changeInstallation(given: ExtcapArguments, console: Console): Promise<void> {
  if (given.install === true && given.uninstall === true)
    throw new ArgumentTypeError('cannot use "--install" with --uninstall: use one of them');
  const { install, uninstall } = await import('./installation.js');
  const paths = given.install === true ? install(given) : uninstall(given);
  if (given.json === true) console.printJson(paths);
  else for (const path of paths) console.print(path);
  if (paths.length === 0) console.note('extcap: there was nothing to remove');
}

async function capture(given: ExtcapArguments, console: Console): Promise<void> {
  const { fifo } = given;
  if (fifo === undefined)
    throw new ArgumentTypeError('cannot capture without option "--fifo": it is missing');
  const { runCapture } = await import('./capture-run.js');
  await runCapture(fifo, given, console);
}
