// Answers ARP and ping for 192.0.2.2, and returns every UDP datagram to its sender.
//
//   rtap create io0 --persist --up && ip address add 192.0.2.1/24 dev io0
//   node echo.mjs io0 &
//   ping 192.0.2.2; echo hello | nc -u -w 1 192.0.2.2 7
import { completeChecksum, ReceiveLoop, TapDevice } from 'rtap';

const [name = 'io0'] = process.argv.slice(2);
const MAC = [2, 0, 0, 0, 0, 2];
const IP = [192, 0, 2, 2];

function exchange(frame, a, b, length) {
  const first = frame.slice(a, a + length);
  frame.copyWithin(a, b, b + length);
  frame.set(first, b);
}

/** Turns a frame into its answer, in place. Returns false if there is none. */
function answer(frame) {
  const type = frame[12] * 256 + frame[13];
  const isForUs = (at) => frame.length >= at + 4 && IP.every((byte, index) => frame[at + index] === byte);
  if (type === 0x0806 && frame[21] === 1 && isForUs(38)) {
    frame[21] = 2; //                                 an ARP request becomes a reply (RFC 826)
    frame.copyWithin(32, 22, 32);
    frame.set([...MAC, ...IP], 22);
  } else if (type === 0x0800 && isForUs(30)) {
    const transport = 14 + (frame[14] & 15) * 4;
    exchange(frame, 26, 30, 4);
    if (frame[23] === 17) exchange(frame, transport, transport + 2, 2);
    else if (frame[23] === 1 && frame[transport] === 8) {
      frame[transport] = 0; //                        a ping becomes its reply: the sum grows by 0x0800 (RFC 1624)
      const sum = frame[transport + 2] * 256 + frame[transport + 3] + 0x0800;
      const folded = (sum & 0xffff) + (sum >> 16);
      frame.set([folded >> 8, folded], transport + 2);
    } else return false;
  } else return false;
  frame.copyWithin(0, 6, 12);
  frame.set(MAC, 6);
  return true;
}

const device = TapDevice.open(name); //               attaches all queues, or borrows them from a holder
const replies = device.allocateBurst();
const loop = new ReceiveLoop(device, device.queues, {
  framesWanted: () => Number.POSITIVE_INFINITY,
  onBurst(queue, burst) {
    replies.clear();
    for (let index = 0; index < burst.count; index++) {
      const frame = burst.frame(index); //            borrowed until onBurst returns
      completeChecksum(frame, burst.facts(index)); // the kernel leaves checksums to the device
      if (!answer(frame) || replies.append(frame)) continue;
      queue.send(replies); //                         the burst is full
      replies.clear();
      replies.append(frame);
    }
    queue.send(replies); //                           one system call for the burst
  },
  onGone: stop, //                                    the device was deleted
});

function stop() {
  loop[Symbol.dispose]();
  device[Symbol.dispose]();
}

process.once('SIGINT', stop);
process.once('SIGTERM', stop);
console.log(`answering for ${IP.join('.')} on ${name}, ${device.queues.length} queues`);
