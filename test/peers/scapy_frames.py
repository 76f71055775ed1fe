"""Writes frames of many kinds by scapy, or reads a capture by it.

scapy_frames.py write FILE [nano|big|pcapng]: writes them and prints each in hex. scapy_frames.py read FILE: prints the
frames of a capture in hex.
"""
import sys

from scapy.all import (
    ARP,
    DNS,
    DNSQR,
    ICMP,
    IP,
    TCP,
    UDP,
    Dot1AD,
    Dot1Q,
    Ether,
    ICMPv6EchoRequest,
    IPv6,
    IPv6ExtHdrDestOpt,
    PcapNgWriter,
    PcapReader,
    PcapWriter,
    Raw,
)

mode, path = sys.argv[1:3]
kind = sys.argv[3] if len(sys.argv) > 3 else 'micro'

if mode == 'read':
    with PcapReader(path) as reader:
        for packet in reader:
            print(bytes(packet).hex())
    sys.exit()

ether = Ether(src='02:00:00:00:00:01', dst='02:00:00:00:00:02')
four, six = IP(src='10.0.0.1', dst='10.0.0.2'), IPv6(src='fd00::1', dst='fd00::2')
frames = [
    ether / ARP(psrc='10.0.0.1', pdst='10.0.0.2'),
    ether / four / ICMP(id=7, seq=1) / Raw(b'ping' * 10),
    ether / four / UDP(sport=53, dport=5353) / DNS(rd=1, qd=DNSQR(qname='example.org')),
    ether / four / TCP(sport=1000, dport=80, flags='S', options=[('MSS', 1460), ('WScale', 7)]),
    ether / IP(src='10.0.0.1', dst='10.0.0.2', options=b'\x94\x04\x00\x00') / TCP(flags='PA') / Raw(b'x' * 1400),
    ether / six / ICMPv6EchoRequest(data=b'ping'),
    ether / six / IPv6ExtHdrDestOpt() / UDP(sport=1, dport=2) / Raw(b'odd'),
    ether / Dot1Q(vlan=5, prio=3) / four / UDP(sport=1, dport=2),
    ether / Dot1AD(vlan=7) / Dot1Q(vlan=5) / six / TCP(flags='A') / Raw(bytes(range(256))),
    ether / Raw(b''),
    Ether(src='02:00:00:00:00:01', dst='ff:ff:ff:ff:ff:ff', type=0x88B5) / Raw(bytes(1500)),
]
for number, frame in enumerate(frames):
    frame.time = 1_700_000_000 + number * 0.001
if kind == 'pcapng':
    writer = PcapNgWriter(path)
else:
    writer = PcapWriter(path, nano=kind == 'nano', endianness='>' if kind == 'big' else '<', linktype=1)
for frame in frames:
    writer.write(frame)
    print(bytes(frame).hex())
writer.close()
