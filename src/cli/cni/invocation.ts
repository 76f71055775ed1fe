import { ArgumentTypeError } from '../../errors.js';
import { assertInterfaceName, INTERFACE_NAME_BYTES_MAX } from '../../tap/link/interface-name.js';
import { CniError, INVALID_ENVIRONMENT } from './cni-error.js';

/** What a runtime can ask for. */
export type Verb = 'ADD' | 'DEL' | 'CHECK' | 'GC' | 'STATUS' | 'VERSION';

const ATTACHMENT = ['CNI_CONTAINERID', 'CNI_IFNAME'] as const;

/** The variables that each verb needs beside CNI_COMMAND. */
const REQUIRED: Readonly<Record<Verb, readonly string[]>> = {
  ADD: [...ATTACHMENT, 'CNI_NETNS'],
  CHECK: [...ATTACHMENT, 'CNI_NETNS'],
  DEL: ATTACHMENT,
  GC: ['CNI_PATH'],
  STATUS: [],
  VERSION: [],
};

/** The verbs that are about one container. */
const ATTACHING: readonly Verb[] = ['ADD', 'CHECK', 'DEL'];

/** As the specification says of the container's id and of the network's name. */
export const IDENTIFIER = /^[A-Za-z0-9][A-Za-z0-9_.-]*$/;

/** The container and the interface in it that a call is about. */
export interface Attachment {
  readonly containerId: string;
  readonly ifname: string;
}

/** The environment variables of a call. What the verb does not need can be ''. */
export interface Invocation extends Attachment {
  readonly verb: Verb;
  /** The path of the container's network namespace. '' if the runtime gave none. */
  readonly netns: string;
  /** The value of MAC in CNI_ARGS. */
  readonly mac: string | undefined;
  /** Folders with plugins. */
  readonly folders: readonly string[];
}

/** Reads the call from `environment`. Throws a CniError that names the variables that are missing or invalid. */
export function readInvocation(environment: NodeJS.ProcessEnv): Invocation {
  const {
    CNI_COMMAND: verb = '',
    CNI_CONTAINERID: containerId = '',
    CNI_IFNAME: ifname = '',
    CNI_NETNS: netns = '',
    CNI_PATH: path = '',
    CNI_ARGS: words = '',
  } = environment;
  if (!isVerb(verb))
    throw new CniError(
      INVALID_ENVIRONMENT,
      verb === ''
        ? 'cannot run as a CNI plugin: CNI_COMMAND is not set'
        : `cannot run as a CNI plugin: CNI_COMMAND "${verb}" is unknown`,
      `wanted one of ${Object.keys(REQUIRED).join(', ')}`,
    );
  const missing = REQUIRED[verb].filter((name) => (environment[name] ?? '') === '');
  if (missing.length > 0)
    throw new CniError(INVALID_ENVIRONMENT, `cannot run "${verb}": ${missing.join(', ')} not set`);
  const invocation = {
    verb,
    containerId,
    ifname,
    netns,
    mac: argumentOf(words, 'MAC'),
    folders: foldersOf(path),
  };
  // Runtimes put any word into what a verb does not need: Podman calls VERSION with the namespace "dummy".
  if (ATTACHING.includes(verb)) assertAttachment(invocation);
  return invocation;
}

function foldersOf(path: string): string[] {
  return path.split(':').filter((folder) => folder !== '');
}

function assertAttachment({ containerId, ifname, netns }: Invocation): void {
  if (!IDENTIFIER.test(containerId))
    throw new CniError(
      INVALID_ENVIRONMENT,
      `cannot use CNI_CONTAINERID "${containerId}": it is no identifier`,
    );
  // Other commands also take the id of a process. When DEL comes, another process can have it.
  if (netns !== '' && !netns.startsWith('/'))
    throw new CniError(INVALID_ENVIRONMENT, `cannot use CNI_NETNS "${netns}": it is no absolute path`);
  assertIfname(ifname);
}

function isVerb(word: string): word is Verb {
  return Object.hasOwn(REQUIRED, word);
}

function assertIfname(name: string): void {
  try {
    assertInterfaceName(name);
    if (name.length > INTERFACE_NAME_BYTES_MAX)
      throw new ArgumentTypeError(
        `cannot use "${name}" as a device name: it has more than ${INTERFACE_NAME_BYTES_MAX} characters`,
      );
  } catch (error) {
    if (!(error instanceof ArgumentTypeError)) throw error;
    throw new CniError(INVALID_ENVIRONMENT, `cannot use CNI_IFNAME: ${error.message}`);
  }
}

/** The value of `key` in a text such as `A=1;B=2`. */
function argumentOf(words: string, key: string): string | undefined {
  const pair = words.split(';').find((word) => word.startsWith(`${key}=`));
  return pair?.slice(key.length + 1);
}
