"""Sends frames out of a device, as the kernel's own, and says what is in each.

steered_frames.py DEVICE KINDS TAGS COUNT [SEED] [swap]: COUNT frames of each of KINDS, separated by commas, with addresses and ports that SEED determines; `swap`
exchanges the ends. TAGS: `-`, or VLAN tags inside of the frame such as `88a8:7,8100:5`, `8100:r` for ids at random. Each frame
ends in its number (u32). Prints a JSON object a frame: n, kind, src, dst (addresses as decimal numbers in text), sport, dport, vlan.
"""
import json
import random
import socket
import struct
import sys

ETH_P_IP, ETH_P_IPV6, ETH_P_ARP = 0x0800, 0x86DD, 0x0806
ICMP, TCP, UDP, ICMPV6, SCTP = 1, 6, 17, 58, 132
HOP_BY_HOP, ROUTING, FRAGMENT, AH, DESTINATION = 0, 43, 44, 51, 60
MORE_FRAGMENTS = 0x2000

device, kinds, tags, count = sys.argv[1], sys.argv[2].split(','), sys.argv[3], int(sys.argv[4])
chance = random.Random(int(sys.argv[5]) if len(sys.argv) > 5 else 1)
swap = 'swap' in sys.argv[6:]


def checksum(data):
    total = sum(struct.unpack('!%dH' % (len(data) // 2), data))
    total = (total >> 16) + (total & 0xFFFF)
    return ~(total + (total >> 16)) & 0xFFFF


def ipv4(protocol, src, dst, payload, fragment=0, options=b''):
    words = 5 + len(options) // 4
    head = struct.pack('!BBHHHBBH', 0x40 | words, 0, 4 * words + len(payload), 1, fragment, 64, protocol, 0)
    head += src + dst + options
    return ETH_P_IP, head[:10] + struct.pack('!H', checksum(head)) + head[12:] + payload


def ipv6(protocol, src, dst, payload):
    return ETH_P_IPV6, struct.pack('!IHBB', 6 << 28, len(payload), protocol, 64) + src + dst + payload


def transport(protocol, sport, dport, data):
    if protocol == UDP:
        return struct.pack('!HHHH', sport, dport, 8 + len(data), 0) + data
    if protocol == TCP:
        return struct.pack('!HHIIHHHH', sport, dport, 1, 1, 0x5010, 1000, 0, 0) + data
    return struct.pack('!HHII', sport, dport, 1, 0) + data


def options_header(following, units):
    """An extension header of 8 + 8 * units bytes."""
    return struct.pack('!BB', following, units) + bytes(6 + 8 * units)


def extended(payload):
    """Behind several extension headers, one of them a fragment header of a packet that is whole."""
    fragment = struct.pack('!BBHI', UDP, 0, 0, 1)
    ah = struct.pack('!BBHII', FRAGMENT, 4, 0, 1, 1) + bytes(12)
    return (
        options_header(ROUTING, 0) + options_header(DESTINATION, 2) + options_header(AH, 30) + ah + fragment + payload
    )


def make(number, kind):
    six = kind.endswith('6')
    size = 16 if six else 4
    src, dst = chance.randbytes(size), chance.randbytes(size)
    sport, dport = chance.randrange(1, 65536), chance.randrange(1, 65536)
    if swap:
        src, dst, sport, dport = dst, src, dport, sport
    mark = struct.pack('!I', number)
    ports = {'sport': sport, 'dport': dport}
    base = kind.rstrip('46')
    if base in ('udp', 'tcp', 'sctp'):
        protocol = {'udp': UDP, 'tcp': TCP, 'sctp': SCTP}[base]
        segment = transport(protocol, sport, dport, mark)
        packet = ipv6(protocol, src, dst, segment) if six else ipv4(protocol, src, dst, segment)
    elif kind == 'options4':
        packet = ipv4(UDP, src, dst, transport(UDP, sport, dport, mark), options=bytes([1] * 24))
    elif kind == 'extended6':
        packet = ipv6(HOP_BY_HOP, src, dst, extended(transport(UDP, sport, dport, mark)))
    else:
        ports = {}
        if kind == 'first4':
            packet = ipv4(UDP, src, dst, transport(UDP, sport, dport, bytes(8) + mark), fragment=MORE_FRAGMENTS)
        elif kind == 'later4':
            packet = ipv4(UDP, src, dst, struct.pack('!HH', sport, dport) + bytes(8) + mark, fragment=5)
        elif kind == 'first6':
            head = struct.pack('!BBHI', UDP, 0, 1, 1)
            packet = ipv6(FRAGMENT, src, dst, head + transport(UDP, sport, dport, bytes(8) + mark))
        elif kind == 'later6':
            packet = ipv6(FRAGMENT, src, dst, struct.pack('!BBHI', UDP, 0, 40, 1) + bytes(12) + mark)
        elif kind == 'icmp4':
            packet = ipv4(ICMP, src, dst, struct.pack('!BBHHH', 8, 0, 0, 1, 1) + mark)
        elif kind == 'icmp6':
            packet = ipv6(ICMPV6, src, dst, struct.pack('!BBHHH', 128, 0, 0, 1, 1) + mark)
        elif kind == 'short4':
            packet = ETH_P_IP, struct.pack('!BBH', 0x45, 0, 20) + mark
            src = dst = b''
        elif kind == 'arp':
            packet = ETH_P_ARP, struct.pack('!HHBBH', 1, 0x0800, 6, 4, 1) + bytes(20) + mark
            src = dst = b''
        else:
            sys.exit('unknown kind %s' % kind)
    return packet, src, dst, ports


def tagged(ethertype):
    """The ethertype behind all tags in front of the packet, and the id of the first tag."""
    head, first = b'', None
    for tag in tags.split(',') if tags != '-' else []:
        protocol, vlan = tag.split(':')
        number = chance.randrange(4096) if vlan == 'r' else int(vlan)
        first = number if first is None else first
        head += struct.pack('!HH', int(protocol, 16), 0xA000 | number)
    return head + struct.pack('!H', ethertype), first


sock = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0)
sock.bind((device, 0))
lines = []
for number in range(count * len(kinds)):
    kind = kinds[number // count]
    (ethertype, packet), src, dst, ports = make(number, kind)
    macs = bytes([2, 0, 0]) + chance.randbytes(3), bytes([2, 0, 1]) + chance.randbytes(3)
    types, vlan = tagged(ethertype)
    sock.send((macs[0] + macs[1] if not swap else macs[1] + macs[0]) + types + packet)
    facts = {'n': number, 'kind': kind, **ports}
    if src:
        facts.update(src=str(int.from_bytes(src, 'big')), dst=str(int.from_bytes(dst, 'big')))
    if vlan is not None:
        facts['vlan'] = vlan
    lines.append(json.dumps(facts))
print('\n'.join(lines))
