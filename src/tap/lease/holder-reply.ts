import { ERROR_REASONS, type ErrorReason, SystemError } from '../../errors.js';
import { KERNEL_QUEUES_MAX } from '../state/limits.js';
import {
  decodeMessage,
  encodeMessage,
  type MessageFields,
  malformed,
  REPLY_BYTES_MAX,
} from './holder-message.js';
import { LEASES_MAX } from './lease-table.js';

/** A process, as others are told of it. */
export interface NamedProcess {
  /** 0 where it is not known: of another pid namespace. */
  readonly pid: number;
  readonly command: string;
}

/** Queues that a process reads. */
export interface Lease extends NamedProcess {
  readonly queues: readonly number[];
}

/** The first message of a connection, from the holder. */
export interface Greeting {
  readonly type: 'greeting';
  readonly holder: NamedProcess;
  readonly device: string;
  readonly ifindex: number;
  /** The cookie of its network namespace, decimal. */
  readonly netns: string;
  /** Numbered from 0. */
  readonly queues: number;
  readonly leases: readonly Lease[];
  /** Whether who connected may borrow; otherwise the connection ends here. */
  readonly admitted: boolean;
}

/** Why a request was not fulfilled. */
export interface Refusal {
  readonly type: 'refusal';
  /** Name of an errno. */
  readonly code: string;
  /** What said so. */
  readonly syscall: string;
  /** What happened: `queue 2 of io0 is being read by rx-dump (pid 123)`. */
  readonly detail: string;
  /** Undefined where `code` says all, and from an older holder. */
  readonly reason?: ErrorReason | undefined;
}

/** A connection that is handed over. */
export interface PassedConnection extends Lease {
  readonly share: boolean;
}

/** What a holder answers. */
export type HolderReply =
  | Greeting
  | Refusal
  /** The descriptors of these queues come with it, in their order. */
  | { readonly type: 'lent'; readonly queues: readonly number[] }
  | { readonly type: 'done' }
  /** The first message of a hand-over, with the lock and every listening socket. */
  | { readonly type: 'handing-over'; readonly persistent: boolean; readonly group: number | undefined }
  /** With their descriptors. */
  | { readonly type: 'queues'; readonly queues: readonly number[] }
  /** With their sockets. */
  | { readonly type: 'connections'; readonly connections: readonly PassedConnection[] }
  /** The last one. */
  | { readonly type: 'all' };

const PID_MAX = 2 ** 31 - 1;
const ID_MAX = 2 ** 32 - 1;
const DETAIL_BYTES_MAX = 512;
const CONNECTIONS_PER_MESSAGE_MAX = 128;

/** What is answered where the holder itself refuses. */
export function refusal(code: string, detail: string, reason?: ErrorReason): Refusal {
  return { type: 'refusal', code, syscall: 'holder', detail, reason };
}

/** What is answered where a request was tried, and ended in `error`; throws what is not the kernel's refusal. */
export function refusalOf(error: unknown): Refusal {
  if (!(error instanceof SystemError)) throw error;
  const { code, syscall, detail, reason } = error;
  return { type: 'refusal', code, syscall, detail, reason };
}

export function encodeReply(reply: HolderReply): Uint8Array {
  return encodeMessage(reply.type === 'refusal' ? refusalMessage(reply) : reply);
}

/** Since its first version the protocol calls `reason` what is `detail` here. */
function refusalMessage({ type, code, syscall, detail, reason }: Refusal) {
  return { type, code, syscall, reason: detail, reason_code: reason };
}

/** Throws a MalformedError for what is none. */
export function decodeReply(bytes: Uint8Array): HolderReply {
  const fields = decodeMessage(bytes, REPLY_BYTES_MAX);
  const type = fields.text('type');
  switch (type) {
    case 'greeting':
      return decodeGreeting(fields);
    case 'refusal':
      return decodeRefusal(fields);
    case 'lent':
    case 'queues':
      return { type, queues: fields.queues('queues') };
    case 'handing-over': {
      const group = fields.has('group') ? fields.whole('group', ID_MAX) : undefined;
      return { type, persistent: fields.flag('persistent'), group };
    }
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

/** A holder of a later version may have reasons that this one does not know. */
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
  return { ...decodeLease(fields), share: fields.flag('share') };
}
