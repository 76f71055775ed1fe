import {
  decodeMessage,
  encodeMessage,
  type MessageFields,
  malformed,
  OFFLOADS_MAX,
  REQUEST_BYTES_MAX,
} from './holder-message.js';

/** What a holder remembers of a program, in the words of tap/steer. */
export interface SteeringWords {
  readonly by: string;
  readonly map: string | undefined;
  /** A queue, or `flow`. */
  readonly else: string;
  /** The kernel's number of the program. */
  readonly program: number;
}

/** A filter of addresses, as tap/device/address-filter describes it. */
export interface FilterWords {
  readonly addresses: readonly string[];
  readonly allMulticast: boolean;
}

/** A message of a user to a holder. */
export type HolderRequest =
  /** Borrows queues to read, for as long as the connection lasts. */
  | {
      readonly type: 'lease';
      /** Rising; undefined for all queues of the holder. */
      readonly queues: readonly number[] | undefined;
      /** Compete with other readers of these queues. */
      readonly share: boolean;
      /** The name of the reader, for messages and reports to other users. */
      readonly command: string;
      /** The lease lasts as long as the process too, also if the process closes the connection. @default false */
      readonly process?: boolean;
      /** The borrower leaves the device as it is: it detaches no queue, and changes no setting. @default false */
      readonly passive?: boolean;
    }
  /** Borrows queues to send into. */
  | { readonly type: 'send'; readonly queues: readonly number[]; readonly passive?: boolean }
  /** Lets the device outlive its holder, or not. */
  | { readonly type: 'persist'; readonly on: boolean }
  /** Sets the offloads of the device, named as in tap/device/offloads. */
  | { readonly type: 'offload'; readonly offloads: readonly string[] }
  /** Sets the program that comes with the request, or none, to choose queues. */
  | { readonly type: 'steer'; readonly record: SteeringWords | undefined }
  /** Sets which frames leave the device, or removes the filter. */
  | { readonly type: 'filter'; readonly filter: FilterWords | undefined }
  /** Ends the holder. */
  | { readonly type: 'release' }
  /** Makes the holder hand everything over to this user. */
  | { readonly type: 'take-over' }
  /** Confirms that everything that was handed over has arrived: the old holder ends. */
  | { readonly type: 'taken' };

const ADDRESSES_MAX = 16;
/** Most bytes of a map: 512 ranges of IPv6 addresses, as long as they can be written. */
const MAP_BYTES_MAX = 50_000;
const PROGRAM_MAX = 2 ** 32 - 1;

/** Encodes a request as the bytes of one message. */
export function encodeRequest(request: HolderRequest): Uint8Array {
  return encodeMessage(request);
}

/** Decodes a request. Throws a MalformedError for bytes that are none. */
export function decodeRequest(bytes: Uint8Array): HolderRequest {
  const fields = decodeMessage(bytes, REQUEST_BYTES_MAX);
  const type = fields.text('type');
  switch (type) {
    case 'lease': {
      const queues = fields.has('queues') ? fields.queues('queues') : undefined;
      const marks = fields.marks('process', 'passive');
      return { type, queues, share: fields.flag('share'), command: fields.text('command'), ...marks };
    }
    case 'send':
      return { type, queues: fields.queues('queues'), ...fields.marks('passive') };
    case 'persist':
      return { type, on: fields.flag('on') };
    case 'offload':
      return { type, offloads: fields.texts('offloads', OFFLOADS_MAX) };
    case 'steer':
      return { type, record: fields.has('record') ? decodeSteering(fields.object('record')) : undefined };
    case 'filter':
      return { type, filter: fields.has('filter') ? decodeFilter(fields.object('filter')) : undefined };
    case 'release':
    case 'take-over':
    case 'taken':
      return { type };
    default:
      throw malformed(`"${type}" is no request`);
  }
}

function decodeSteering(fields: MessageFields): SteeringWords {
  return {
    by: fields.text('by'),
    map: fields.has('map') ? fields.text('map', MAP_BYTES_MAX) : undefined,
    else: fields.text('else'),
    program: fields.whole('program', PROGRAM_MAX),
  };
}

function decodeFilter(fields: MessageFields): FilterWords {
  return {
    addresses: fields.texts('addresses', ADDRESSES_MAX),
    allMulticast: fields.flag('allMulticast'),
  };
}
