// Answers ARP and ping for an address behind a TAP device: a network stack of a hundred lines.
//
//   rtap create --iface io0 --persist --up && ip address add 192.0.2.1/24 dev io0
//   node answer-ping.mjs io0 192.0.2.2 &
//   ping 192.0.2.2
import { addBytes, finishChecksum, formatMacAddress, parseMacAddress, ReceiveLoop, TapDevice } from 'rtap';

const [name = 'io0', ip = '192.0.2.2'] = process.argv.slice(2);
const ownMac = parseMacAddress('02:00:00:00:00:02');
const ownIp = Uint8Array.from(ip.split('.').map(Number));

// Bytes of an Ethernet frame, where the layers that we speak lie.
const ETHERTYPE = 12;
const ARP = 14;
const IPV4 = 14;
const MAC_BYTES = 6;
const IP_BYTES = 4;

/** Turns an ARP request for our address into its reply, in place; false for anything else. RFC 826. */
function answerArp(frame) {
  const operation = ARP + 6;
  const sender = ARP + 8;
  const target = ARP + 18;
  if (frame.length < target + MAC_BYTES + IP_BYTES || frame[operation + 1] !== 1) return false;
  if (!isOurs(frame, target + MAC_BYTES)) return false;
  frame[operation + 1] = 2;
  frame.copyWithin(target, sender, target);
  frame.set(ownMac, sender);
  frame.set(ownIp, sender + MAC_BYTES);
  return true;
}

/** Turns an ICMP echo request to our address into its reply, in place; false for anything else. RFC 792. */
function answerPing(frame) {
  const icmp = IPV4 + (frame[IPV4] & 0x0f) * 4;
  const end = Math.min(frame.length, IPV4 + frame[IPV4 + 2] * 256 + frame[IPV4 + 3]);
  const source = IPV4 + 12;
  const destination = IPV4 + 16;
  if (frame[IPV4 + 9] !== 1 || end < icmp + 8 || frame[icmp] !== 8 || !isOurs(frame, destination))
    return false;
  frame.copyWithin(destination, source, source + IP_BYTES);
  frame.set(ownIp, source);
  frame[icmp] = 0;
  frame[icmp + 2] = 0;
  frame[icmp + 3] = 0;
  const checksum = finishChecksum(addBytes(0, frame, icmp, end));
  frame[icmp + 2] = checksum >> 8;
  frame[icmp + 3] = checksum;
  return true;
}

function isOurs(frame, offset) {
  return ownIp.every((byte, index) => frame[offset + index] === byte);
}

/** Answers a frame in place; false where it is none of our business. */
function answer(frame) {
  const type = frame[ETHERTYPE] * 256 + frame[ETHERTYPE + 1];
  const answered =
    type === 0x0806 ? answerArp(frame) : type === 0x0800 && frame.length > IPV4 + 20 && answerPing(frame);
  if (!answered) return false;
  frame.copyWithin(0, MAC_BYTES, 2 * MAC_BYTES);
  frame.set(ownMac, MAC_BYTES);
  return true;
}

const device = TapDevice.open(name);
const replies = device.allocateBurst();

const loop = new ReceiveLoop(device, device.queues, {
  framesWanted: () => Number.POSITIVE_INFINITY,
  onBurst(queue, burst) {
    replies.clear();
    for (let index = 0; index < burst.count; index++) {
      const frame = burst.frame(index);
      if (!answer(frame)) continue;
      if (replies.append(frame)) continue;
      queue.send(replies);
      replies.clear();
      replies.append(frame);
    }
    queue.send(replies);
  },
  onGone() {
    console.error(`${name} is gone`);
    stop();
  },
});

function stop() {
  loop[Symbol.dispose]();
  device[Symbol.dispose]();
}

process.once('SIGINT', stop);
process.once('SIGTERM', stop);
console.log(`answering for ${ip} (${formatMacAddress(ownMac)}) on ${name}, ${device.queues.length} queues`);
