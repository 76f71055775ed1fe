import { decodeMessage, encodeMessage, malformed, REQUEST_BYTES_MAX } from './holder-message.js';

/** What a user may ask of a holder. */
export type HolderRequest =
  /** Queues to read, for as long as the connection lasts. */
  | {
      readonly type: 'lease';
      /** Rising; all that there are where it is undefined. */
      readonly queues: readonly number[] | undefined;
      /** Beside others who read them. */
      readonly share: boolean;
      /** What others are told of who reads. */
      readonly command: string;
    }
  /** Queues to send into. */
  | { readonly type: 'send'; readonly queues: readonly number[] }
  /** Let the device stay without a holder, or not. */
  | { readonly type: 'persist'; readonly on: boolean }
  /** What the kernel may leave unfinished, in rtap's words. */
  | { readonly type: 'offload'; readonly offloads: readonly string[] }
  /** The holder is to end. */
  | { readonly type: 'release' }
  /** Everything is to be handed over to who asks. */
  | { readonly type: 'take-over' }
  /** All that was handed over has arrived. */
  | { readonly type: 'taken' };

/** More than there are. */
const OFFLOADS_MAX = 16;

export function encodeRequest(request: HolderRequest): Uint8Array {
  return encodeMessage(request);
}

/** Throws a MalformedError for what is none. */
export function decodeRequest(bytes: Uint8Array): HolderRequest {
  const fields = decodeMessage(bytes, REQUEST_BYTES_MAX);
  const type = fields.text('type');
  switch (type) {
    case 'lease': {
      const queues = fields.has('queues') ? fields.queues('queues') : undefined;
      return { type, queues, share: fields.flag('share'), command: fields.text('command') };
    }
    case 'send':
      return { type, queues: fields.queues('queues') };
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
