// Sends one UDP frame of 4,000 bytes of payload into a TAP device, and has the kernel cut it into datagrams of 1,000 (USO).
//
//   rtap create --iface io0 --persist --up && ip address add 192.0.2.1/24 dev io0
//   node send-segments.mjs io0 192.0.2.2 192.0.2.1 5000
import { addBytes, finishChecksum, Links, parseMacAddress, requestSegmentation, TapDevice } from 'rtap';

const [name = 'io0', from = '192.0.2.2', to = '192.0.2.1', port = '5000'] = process.argv.slice(2);
const PAYLOAD_BYTES = 4000;
const SEGMENT_BYTES = 1000;

// Where the layers of the frame begin, and how long it is.
const IPV4 = 14;
const UDP = IPV4 + 20;
const PAYLOAD = UDP + 8;

/** A UDP frame over IPv4 to `mac`; its UDP checksum is left to `requestSegmentation`. */
function buildFrame(mac) {
  const frame = new Uint8Array(PAYLOAD + PAYLOAD_BYTES);
  const view = new DataView(frame.buffer);
  frame.set(mac, 0);
  frame.set(parseMacAddress('02:00:00:00:00:02'), 6);
  view.setUint16(12, 0x0800);
  view.setUint8(IPV4, 0x45);
  view.setUint16(IPV4 + 2, frame.length - IPV4);
  view.setUint8(IPV4 + 8, 64);
  view.setUint8(IPV4 + 9, 17);
  frame.set(from.split('.').map(Number), IPV4 + 12);
  frame.set(to.split('.').map(Number), IPV4 + 16);
  view.setUint16(IPV4 + 10, finishChecksum(addBytes(0, frame, IPV4, UDP)));
  view.setUint16(UDP, 4000);
  view.setUint16(UDP + 2, Number(port));
  view.setUint16(UDP + 4, frame.length - UDP);
  for (let at = PAYLOAD; at < frame.length; at++) frame[at] = at - PAYLOAD;
  return frame;
}

/** The device's own address: the kernel takes what goes there. */
function addressOf(ifname) {
  const links = Links.open();
  try {
    return parseMacAddress(links.byName(ifname).address);
  } finally {
    links[Symbol.dispose]();
  }
}

// Beside a reader it takes no frames from it.
const device = TapDevice.open(name, { queueCount: 1, share: true, sendOnly: true });
const [queue] = device.queues;
const burst = device.allocateBurst();
burst.append(buildFrame(addressOf(name)));
// The burst's own frame: what was appended was copied.
if (!requestSegmentation(burst.frame(0), burst.facts(0), SEGMENT_BYTES)) throw new Error('nothing to cut');
const sent = queue.send(burst);
console.log(sent === 1 ? `sent 1 frame of ${burst.lengths[0]} bytes` : `refused: ${burst.refusal(0)}`);
device[Symbol.dispose]();
