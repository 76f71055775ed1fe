import { accessSync, closeSync, constants, openSync } from 'node:fs';
import { openRuntimeRoot } from '../../tap/state/runtime-directory.js';
import { EXIT_REFUSED } from '../errors/exit-code.js';
import type { Console } from '../process/console.js';
import { addAttachment } from './attachment-addition.js';
import { checkAttachment } from './attachment-check.js';
import { AttachmentRecords } from './attachment-record.js';
import { collectErrors, removeAttachment } from './attachment-removal.js';
import { CniError, cniErrorOf, IO_FAILURE, NOT_AVAILABLE, REFUSED } from './cni-error.js';
import { readDeviceSettings } from './device-settings.js';
import { type Invocation, readInvocation } from './invocation.js';
import { IpamPlugin } from './ipam-plugin.js';
import { readObject } from './json-object.js';
import {
  NEWEST_VERSION,
  type NetworkConfiguration,
  readConfiguration,
  SUPPORTED_VERSIONS,
  validAttachmentsOf,
  versionOf,
} from './network-configuration.js';

const TUN_DEVICE = '/dev/net/tun';

/** What a verb works with. */
interface Call {
  readonly invocation: Invocation;
  readonly configuration: NetworkConfiguration;
  readonly ipam: IpamPlugin | undefined;
}

/** Runs `rtap cni`: one call of a CNI plugin. Standard output gets its result, or its error, and nothing else. */
export async function runCni(environment: NodeJS.ProcessEnv, console: Console): Promise<void> {
  // An error has the version of the configuration, too.
  let version = NEWEST_VERSION;
  try {
    const invocation = readInvocation(environment);
    const text = await readInput(console);
    if (invocation.verb === 'VERSION') {
      // A runtime that only looks for a plugin may send nothing.
      if (text.trim() !== '') version = versionOf(readObject(text, 'standard input'));
      return console.printJson({ cniVersion: version, supportedVersions: SUPPORTED_VERSIONS });
    }
    const members = readObject(text, 'the network configuration');
    version = versionOf(members);
    const configuration = readConfiguration(members, invocation.verb);
    const { ipam: name, cniVersion } = configuration;
    const ipam =
      name === undefined ? undefined : new IpamPlugin({ ipam: name, cniVersion }, invocation, text);
    const result = await runVerb({ invocation, configuration, ipam }, console);
    if (result !== undefined) console.printJson(result);
  } catch (error) {
    const known = cniErrorOf(error);
    const { code, message, details } = known ?? new CniError(REFUSED, String(error));
    const more = details === undefined ? {} : { details };
    console.printJson({ cniVersion: version, code, msg: message, ...more });
    console.exitCode = EXIT_REFUSED;
    // A fault of the program: its stack goes to standard error.
    if (known === undefined) throw error;
  }
}

async function readInput({ input }: Console): Promise<string> {
  const chunks: Buffer[] = [];
  try {
    for await (const chunk of input) chunks.push(Buffer.from(chunk));
  } catch (error) {
    throw new CniError(IO_FAILURE, `cannot read standard input: ${String(error)}`);
  }
  return Buffer.concat(chunks).toString();
}

/** Returns the result of the verb. undefined if the verb has none. */
async function runVerb(call: Call, console: Console): Promise<object | undefined> {
  const { invocation, configuration, ipam } = call;
  switch (invocation.verb) {
    case 'ADD': {
      const settings = await readDeviceSettings(configuration, invocation);
      return addAttachment({ invocation, configuration, settings, ipam });
    }
    case 'CHECK': {
      const settings = await readDeviceSettings(configuration, invocation);
      checkAttachment({ invocation, configuration, settings });
      ipam?.run('CHECK');
      return undefined;
    }
    case 'DEL':
      remove(call, console);
      return undefined;
    case 'GC':
      collect(call, console);
      return undefined;
    default: {
      await readDeviceSettings(configuration, invocation);
      assertReady();
      ipam?.run('STATUS');
      return undefined;
    }
  }
}

function remove({ invocation, configuration, ipam }: Call, console: Console): void {
  const { netns } = invocation;
  const records = new AttachmentRecords(configuration.name);
  throwFirst(removeAttachment({ attachment: invocation, netns, records, ipam }), console);
}

/** The plugin for addresses gets DEL for each attachment that rtap removes, and GC for those that only it knows. */
function collect({ configuration, ipam }: Call, console: Console): void {
  const valid = validAttachmentsOf(configuration);
  const records = new AttachmentRecords(configuration.name);
  const stale = records.listOthers(valid);
  const errors = stale.flatMap((attachment) =>
    removeAttachment({ attachment, netns: attachment.netns, records, ipam }),
  );
  records.removeUnreadable(valid);
  throwFirst([...errors, ...collectErrors(() => ipam?.run('GC'))], console);
}

/** The runtime gets one error, and standard error all of them. */
function throwFirst(errors: readonly CniError[], console: Console): void {
  if (errors.length > 1) for (const { message } of errors) console.note(`rtap: ${message}`);
  if (errors[0] !== undefined) throw errors[0];
}

/** Throws a CniError if ADD would not succeed in any container. */
function assertReady(): void {
  try {
    closeSync(openSync(TUN_DEVICE, constants.O_RDWR));
    accessSync(openRuntimeRoot(), constants.W_OK);
  } catch (error) {
    const reason = cniErrorOf(error);
    if (reason === undefined) throw error;
    throw new CniError(NOT_AVAILABLE, `cannot add a device: ${reason.message}`, reason.details);
  }
}
