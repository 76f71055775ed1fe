import {
  decodeMessage,
  encodeMessage,
  malformed,
  OFFLOADS_MAX,
  REQUEST_BYTES_MAX,
} from './holder-message.js';

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
  /** Ends the holder. */
  | { readonly type: 'release' }
  /** Makes the holder hand everything over to this user. */
  | { readonly type: 'take-over' }
  /** Confirms that everything that was handed over has arrived: the old holder ends. */
  | { readonly type: 'taken' };

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
    case 'release':
    case 'take-over':
    case 'taken':
      return { type };
    default:
      throw malformed(`"${type}" is no request`);
  }
}
