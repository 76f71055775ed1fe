import { MalformedError } from '../../errors.js';
import type { Descriptor } from '../../sys/descriptor.js';
import type { CreatedDevice } from '../device/device-creation.js';
import { setOffloadsByName } from '../device/offloads.js';
import { refusal, refusalOf } from '../lease/holder-reply.js';
import { decodeRequest, type HolderRequest } from '../lease/holder-request.js';
import type { HolderConnection } from './holder-connection.js';
import { filterDevice, steerDevice } from './kept-settings.js';
import type { QueueLending } from './queue-lending.js';

/** What the requests of users act on. */
export interface RequestTarget {
  readonly device: CreatedDevice;
  /** The present name of the device. */
  readonly name: string;
  readonly lending: QueueLending;
  /** The user wants the device to keep the offloads that it has now. */
  readonly noteOffloads: () => void;
  /** The device is steered by another program, which leads to the kernel's indices. */
  readonly noteSteering: () => void;
  /** Ends the holder. */
  readonly release: () => void;
  readonly beginHandOver: (connection: HolderConnection) => void;
  /** Returns false, and does nothing, for a connection that takes nothing over. */
  readonly endHandOver: (connection: HolderConnection) => boolean;
}

/** A message of a user. */
export interface ReceivedRequest {
  /** Undefined for a message that is no request in any case. */
  readonly bytes: Uint8Array | undefined;
  /** Borrowed. */
  readonly descriptors: readonly Descriptor[];
}

/** Does what the user of `connection` requests, and sends the reply. Returns whether the connection is still useful. */
export function handleRequest(
  connection: HolderConnection,
  { bytes, descriptors }: ReceivedRequest,
  target: RequestTarget,
): boolean {
  const request = bytes === undefined ? undefined : decode(bytes);
  if (request !== undefined && descriptors.length === descriptorCount(request))
    return answer(connection, request, { ...target, program: descriptors[0] });
  connection.send(refusal('EBADMSG', 'its holder does not understand the request', 'holder-incompatible'));
  return false;
}

/** Returns undefined for bytes that are no request. */
function decode(bytes: Uint8Array): HolderRequest | undefined {
  try {
    return decodeRequest(bytes);
  } catch (error) {
    if (error instanceof MalformedError) return undefined;
    throw error;
  }
}

/** How many descriptors belong to a request: the program that is to choose queues. */
function descriptorCount(request: HolderRequest): number {
  return request.type === 'steer' && request.record !== undefined ? 1 : 0;
}

function answer(
  connection: HolderConnection,
  request: HolderRequest,
  target: RequestTarget & { readonly program: Descriptor | undefined },
): boolean {
  const { device, name, lending } = target;
  switch (request.type) {
    case 'lease':
      return lending.lease(connection, request, name);
    case 'send':
      return lending.lend(connection, request);
    case 'persist':
      return attempt(connection, () => device.setPersistent(request.on));
    case 'offload':
      return attempt(connection, () => {
        setOffloadsByName(device.queues[0]!, request.offloads, { action: 'change', object: name });
        target.noteOffloads();
      });
    case 'steer':
      return attempt(connection, () => {
        steerDevice({ device, name }, target.program, request.record);
        target.noteSteering();
      });
    case 'filter':
      return attempt(connection, () => filterDevice({ device, name }, request.filter));
    case 'release':
      return privileged(connection, () => target.release());
    case 'take-over':
      return privileged(connection, () => target.beginHandOver(connection));
    case 'taken':
      return target.endHandOver(connection);
  }
}

function attempt(connection: HolderConnection, change: () => void): boolean {
  try {
    change();
    return connection.send({ type: 'done' });
  } catch (error) {
    return connection.send(refusalOf(error));
  }
}

function privileged(connection: HolderConnection, act: () => void): boolean {
  if (connection.right !== 'everything')
    return connection.send(
      refusal('EPERM', 'only root and the user of its holder can do this', 'ending-denied'),
    );
  act();
  return true;
}
