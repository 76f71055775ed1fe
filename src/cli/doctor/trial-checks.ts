import { ArgumentTypeError, SystemError, UnavailableError } from '../../errors.js';
import { Links } from '../../netlink/links.js';
import { enterNewNetworkNamespace } from '../../sys/network-namespace.js';
import { PacketSocket } from '../../sys/packet-socket.js';
import { CreatedDevice } from '../../tap/device/device-creation.js';
import { TapDevice } from '../../tap/queue/tap-device.js';
import { runtimeRoots, writableRuntimeRoot } from '../../tap/state/runtime-directory.js';
import { setSteering } from '../../tap/steer/steering.js';
import { machineRemedy } from '../errors/machine-hint.js';
import { isSeccompFiltered, sysctl } from '../errors/process-status.js';
import { userNamespaceRemedy } from '../errors/user-namespace.js';
import type { Finding } from './finding.js';
import { tryInUserNamespace } from './user-namespace-trial.js';

const DEVICE_PATTERN = 'rtapdoc%d';
const QUEUES = 2;
/** Frames that a queue of the trial device holds. */
const TXQUEUELEN = 16;
/** More frames than its one queue holds. */
const FRAMES = 100;
const FRAME = Uint8Array.from(
  { length: 60 },
  (_, index) => [2, 0, 0, 0, 0, 9, 2, 0, 0, 0, 0, 8, 0x88, 0xb5][index] ?? 0,
);

/**
 * Tries what the kernel can on a device in a new network namespace, in a user namespace where that is needed. This thread may stay
 * in the network namespace. `done` are the findings before.
 */
export function checkKernel(done: readonly Finding[]): Finding[] {
  try {
    enterNewNetworkNamespace();
  } catch (error) {
    if (!(error instanceof SystemError)) throw error;
    return tryInUserNamespace(done) ?? [untried(error)];
  }
  return [
    attempt('multi-queue TAP', tryDevice),
    attempt('receive through io_uring', tryReceive),
    attempt('drop counter', tryDrops),
    attempt('steering', trySteering),
  ];
}

function untried({ message }: SystemError): Finding {
  const detail = `not tried: ${message}, and this machine lets this user make no user namespace`;
  return { check: 'kernel features', state: 'poor', detail, remedy: userNamespaceRemedy('doctor') };
}

/** Checks that a runtime directory can be written. */
export function checkRuntimeDirectory(): Finding {
  const check = 'runtime directory';
  const root = writableRuntimeRoot();
  if (root !== undefined) return { check, state: 'ok', detail: root };
  const detail = `cannot write to ${runtimeRoots().join(' or ')}: counters are lost when a process ends`;
  return { check, state: 'poor', detail, remedy: 'set RTAP_RUNTIME_DIR to a directory that you own' };
}

/** Sets a program on a trial device, as `rtap steer` does. */
function trySteering(): Omit<Finding, 'check'> {
  using device = CreatedDevice.create(DEVICE_PATTERN, { queueCount: QUEUES });
  try {
    setSteering(device.name, { by: 'flow' });
    return { state: 'ok', detail: 'rtap can load an eBPF program that chooses queues (bpf(2))' };
  } catch (error) {
    if (!(error instanceof SystemError)) throw error;
    return { state: 'poor', detail: `no rtap steer: ${error.detail}`, ...steeringRemedy(error) };
  }
}

function steeringRemedy(error: SystemError): { readonly remedy?: string } {
  if (error instanceof UnavailableError) return { remedy: machineRemedy(error) };
  if (error.reason !== 'bpf-denied') return {};
  const disabled = sysctl('kernel.unprivileged_bpf_disabled');
  const setting = disabled === '' ? '' : ` (kernel.unprivileged_bpf_disabled is ${disabled})`;
  const container = isSeccompFiltered() ? '; in a container: --cap-add BPF' : '';
  return { remedy: `run as root outside of a user namespace, or grant CAP_BPF${setting}${container}` };
}

function attempt(check: string, trial: () => Omit<Finding, 'check'>): Finding {
  try {
    return { check, ...trial() };
  } catch (error) {
    if (!(error instanceof SystemError)) throw error;
    return { check, state: 'missing', detail: error.message };
  }
}

function tryDevice(): Omit<Finding, 'check'> {
  using device = CreatedDevice.create(DEVICE_PATTERN, { queueCount: QUEUES });
  device.attachAll();
  return { state: 'ok', detail: `rtap can make a device with ${QUEUES} queues and virtio-net headers` };
}

function tryReceive(): Omit<Finding, 'check'> {
  using created = CreatedDevice.create(DEVICE_PATTERN, { queueCount: 1, up: true });
  using device = TapDevice.open(created.name, { queueCount: 1, share: true });
  using burst = device.allocateBurst();
  const [queue] = device.queues;
  if (queue === undefined) throw new ArgumentTypeError('cannot try "receive": the device has no queue');
  queue.receive(burst);
  if (queue.readsThroughRing)
    return { state: 'ok', detail: 'reads through io_uring do not wait (RWF_NOWAIT, Linux 6.4)' };
  return {
    state: 'poor',
    detail: 'no RWF_NOWAIT for TAP devices before Linux 6.4: rtap uses one read(2) per frame instead',
  };
}

function tryDrops(): Omit<Finding, 'check'> {
  using device = CreatedDevice.create(DEVICE_PATTERN, { queueCount: 1, txqueuelen: TXQUEUELEN, up: true });
  using socket = PacketSocket.open(device.ifindex);
  using links = Links.open();
  const dropped = () => links.byIndex(device.ifindex)?.stats64.tx.dropped ?? 0;
  const before = dropped();
  for (let count = 0; count < FRAMES; count++) socket.send(FRAME);
  const seen = dropped() - before;
  if (seen > 0)
    return { state: 'ok', detail: `${seen} of ${FRAMES} packets sent to a full queue appear in tx_dropped` };
  return {
    state: 'poor',
    detail: 'drops at a full queue do not appear in tx_dropped: rtap cannot count missed packets',
  };
}
