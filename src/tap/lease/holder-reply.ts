import { ERROR_REASONS, type ErrorReason, SystemError } from '../../errors.js';
import { KERNEL_QUEUES_MAX } from '../state/limits.js';
import {
  decodeMessage,
  encodeMessage,
  type MessageFields,
  malformed,
  OFFLOADS_MAX,
  REPLY_BYTES_MAX,
} from './holder-message.js';
import { LEASES_MAX } from './lease-table.js';

/** A process, as messages and reports name it. */
export interface NamedProcess {
  /** 0 if it is not known: the process may be in another pid namespace. */
  readonly pid: number;
  readonly command: string;
}

/** A process, and the queues that it has borrowed to read. */
export interface Lease extends NamedProcess {
  readonly queues: readonly number[];
}

/** The first message of a connection. The holder sends it without a request. */
export interface Greeting {
  readonly type: 'greeting';
  readonly holder: NamedProcess;
  readonly device: string;
  readonly ifindex: number;
  /** The cookie of the holder's network namespace, decimal. */
  readonly netns: string;
  /** How many queues the holder has; their numbers begin at 0. */
  readonly queues: number;
  readonly leases: readonly Lease[];
  /** Whether this user may borrow. If not, the holder closes the connection. */
  readonly admitted: boolean;
  /** Queues that a borrower has detached, so that the kernel gives them no frames. Undefined if there are none. */
  readonly disabled?: readonly number[];
  /**
   * The kernel's index of each queue, if that is not its number: see `kernel-indexes`. -1 for a queue that is detached, or whose index
   * the holder does not know.
   */
  readonly indexes?: readonly number[];
  /** What the holder put back last. Undefined if it has put nothing back. */
  readonly restored?: Restoration;
}

/** What a holder has put back when a borrower ended. */
export interface Restoration {
  /** How often the holder has put something back so far. */
  readonly count: number;
  /** The borrower that ended. Its pid is 0 if the holder does not know it. */
  readonly borrower: NamedProcess;
  /** Queues that are attached again. */
  readonly attached: readonly number[];
  /** Queues whose descriptors do not wait any more (O_NONBLOCK). */
  readonly nonblocking: readonly number[];
  /** Bytes of the virtio-net header. Undefined if they had not changed. */
  readonly header?: number;
  /** Undefined if they had not changed. */
  readonly offloads?: readonly string[];
  /** Whether the kernel's indices are the numbers of the queues again. Undefined if they had not changed. */
  readonly order?: boolean;
}

/** What a holder puts back when a borrower has changed it. */
export interface DeviceSettings {
  /** Bytes of the virtio-net header. */
  readonly header: number;
  /** Named as in `tap/device/offloads`. */
  readonly offloads: readonly string[];
}

/** The holder does not do what was requested. */
export interface Refusal {
  readonly type: 'refusal';
  /** Name of an errno, for example `EBUSY`. */
  readonly code: string;
  /** The system call that failed; `holder` if the holder itself refuses. */
  readonly syscall: string;
  /** What stands behind `cannot <action> "<object>": `, for example `queue 2 of io0 is being read by rx-dump (pid 123)`. */
  readonly detail: string;
  /** Undefined if `code` says everything, or if an older holder sends none. */
  readonly reason?: ErrorReason | undefined;
}

/** A connection that is handed over, with its lease. */
export interface PassedConnection extends Lease {
  readonly share: boolean;
  /** The lease lasts as long as the process, too. */
  readonly process?: boolean;
  /** As the borrower has asked: see `HolderRequest`. */
  readonly passive?: boolean;
}

/** A message of a holder. */
export type HolderReply =
  | Greeting
  | Refusal
  /** Comes with the descriptors of these queues, in this order. */
  | {
      readonly type: 'lent';
      readonly queues: readonly number[];
      /** The lease lasts as long as the process, too. An older holder does not send it. */
      readonly process?: boolean;
    }
  | { readonly type: 'done' }
  /** The first message of a hand-over, with the lock and every listening socket. */
  | {
      readonly type: 'handing-over';
      readonly persistent: boolean;
      readonly group: number | undefined;
      /** What the device is to be put back to. An older holder does not send it. */
      readonly settings?: DeviceSettings;
      /** As in a greeting. */
      readonly indexes?: readonly number[];
    }
  /** Part of a hand-over, with the descriptors of these queues. */
  | { readonly type: 'queues'; readonly queues: readonly number[] }
  /** Part of a hand-over, with the sockets of these connections. */
  | { readonly type: 'connections'; readonly connections: readonly PassedConnection[] }
  /** The last message of a hand-over. */
  | { readonly type: 'all' };

const PID_MAX = 2 ** 31 - 1;
const ID_MAX = 2 ** 32 - 1;
const DETAIL_BYTES_MAX = 512;
const CONNECTIONS_PER_MESSAGE_MAX = 128;
const HEADER_MAX = 65_535;

/** A refusal by the holder itself. */
export function refusal(code: string, detail: string, reason?: ErrorReason): Refusal {
  return { type: 'refusal', code, syscall: 'holder', detail, reason };
}

/** The reply to a request that failed with `error`. Throws `error` if it is no SystemError. */
export function refusalOf(error: unknown): Refusal {
  if (!(error instanceof SystemError)) throw error;
  const { code, syscall, detail, reason } = error;
  return { type: 'refusal', code, syscall, detail, reason };
}

/** Encodes a reply as the bytes of one message. */
export function encodeReply(reply: HolderReply): Uint8Array {
  return encodeMessage(reply.type === 'refusal' ? refusalMessage(reply) : reply);
}

/** Encodes `detail` as `reason`, as the first version of the protocol called it. */
function refusalMessage({ type, code, syscall, detail, reason }: Refusal) {
  return { type, code, syscall, reason: detail, reason_code: reason };
}

/** Decodes a message of a holder. Throws a MalformedError for bytes that are none. */
export function decodeReply(bytes: Uint8Array): HolderReply {
  const fields = decodeMessage(bytes, REPLY_BYTES_MAX);
  const type = fields.text('type');
  switch (type) {
    case 'greeting':
      return decodeGreeting(fields);
    case 'refusal':
      return decodeRefusal(fields);
    case 'lent':
      return { type, queues: fields.queues('queues'), ...fields.marks('process') };
    case 'queues':
      return { type, queues: fields.queues('queues') };
    case 'handing-over':
      return decodeHandingOver(fields);
    case 'connections':
      return { type, connections: fields.objects(type, CONNECTIONS_PER_MESSAGE_MAX).map(decodeConnection) };
    case 'done':
    case 'all':
      return { type };
    default:
      throw malformed(`"${type}" is no answer`);
  }
}

function decodeGreeting(fields: MessageFields): Greeting {
  const holder = fields.object('holder');
  return {
    type: 'greeting',
    holder: decodeProcess(holder),
    device: fields.text('device'),
    ifindex: fields.whole('ifindex', PID_MAX),
    netns: fields.text('netns'),
    queues: fields.whole('queues', KERNEL_QUEUES_MAX),
    leases: fields.objects('leases', LEASES_MAX).map(decodeLease),
    admitted: fields.flag('admitted'),
    ...(fields.has('disabled') ? { disabled: fields.queues('disabled') } : {}),
    ...(fields.has('indexes') ? { indexes: fields.indexes('indexes') } : {}),
    ...(fields.has('restored') ? { restored: decodeRestoration(fields.object('restored')) } : {}),
  };
}

function decodeRestoration(fields: MessageFields): Restoration {
  return {
    count: fields.whole('count', Number.MAX_SAFE_INTEGER),
    borrower: decodeProcess(fields.object('borrower')),
    attached: fields.queues('attached'),
    nonblocking: fields.queues('nonblocking'),
    ...(fields.has('header') ? { header: fields.whole('header', HEADER_MAX) } : {}),
    ...(fields.has('offloads') ? { offloads: fields.texts('offloads', OFFLOADS_MAX) } : {}),
    ...fields.marks('order'),
  };
}

function decodeHandingOver(fields: MessageFields): HolderReply {
  const settings = fields.has('settings') ? fields.object('settings') : undefined;
  return {
    type: 'handing-over',
    persistent: fields.flag('persistent'),
    group: fields.has('group') ? fields.whole('group', ID_MAX) : undefined,
    ...(settings === undefined ? {} : { settings: decodeSettings(settings) }),
    ...(fields.has('indexes') ? { indexes: fields.indexes('indexes') } : {}),
  };
}

function decodeSettings(fields: MessageFields): DeviceSettings {
  return {
    header: fields.whole('header', HEADER_MAX),
    offloads: fields.texts('offloads', OFFLOADS_MAX),
  };
}

function decodeRefusal(fields: MessageFields): Refusal {
  return {
    type: 'refusal',
    code: fields.text('code'),
    syscall: fields.text('syscall'),
    detail: fields.text('reason', DETAIL_BYTES_MAX),
    reason: fields.has('reason_code') ? knownReason(fields.text('reason_code')) : undefined,
  };
}

/** Returns undefined for a reason that this version does not know: the holder may be of a later one. */
function knownReason(text: string): ErrorReason | undefined {
  return ERROR_REASONS.find((reason) => reason === text);
}

function decodeProcess(fields: MessageFields): NamedProcess {
  return { pid: fields.whole('pid', PID_MAX), command: fields.text('command') };
}

function decodeLease(fields: MessageFields): Lease {
  return { ...decodeProcess(fields), queues: fields.queues('queues') };
}

function decodeConnection(fields: MessageFields): PassedConnection {
  return { ...decodeLease(fields), share: fields.flag('share'), ...fields.marks('process', 'passive') };
}
