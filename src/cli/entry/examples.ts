/** Examples of each command, as its help shows them. */
export const EXAMPLES: Readonly<Record<string, readonly string[]>> = {
  create: ['rtap create io0 --persist --up', 'rtap create io0 --queues 8 --mtu 9000 --owner alice --persist'],
  delete: ['rtap delete io0', 'rtap delete io0 --missing-ok'],
  list: ['rtap list', 'rtap list --unused', "rtap list --json | jq -r '.[].ifname'"],
  show: ['rtap show io0'],
  persist: ['rtap persist io0 on'],
  hold: ['rtap hold io0 --detach', 'rtap hold io0 --take-over'],
  lend: [
    'rtap lend io0 -q 0-1 -- qemu-system-x86_64 -netdev tap,id=n0,fds={fds},vhost=off -device virtio-net-pci,netdev=n0,mq=on',
    'rtap lend io0 -q 0 -- python3 program.py {fd}',
  ],
  release: ['rtap release io0', 'rtap release --all'],
  up: ['rtap up io0'],
  down: ['rtap down io0'],
  mtu: ['rtap mtu io0', 'rtap mtu io0 9000'],
  txqueuelen: ['rtap txqueuelen io0', 'rtap txqueuelen io0 10000'],
  mac: ['rtap mac io0 02:00:00:00:00:01', 'rtap mac io0 random'],
  offload: ['rtap offload io0', 'rtap offload io0 csum,tso', 'rtap offload io0 none'],
  promisc: ['rtap promisc io0 on'],
  allmulti: ['rtap allmulti io0 on'],
  steer: [
    'rtap steer io0 --by udp-dst-port',
    'rtap steer io0 --by udp-dst-port --map 5000-5003=0-3,53=1',
    'rtap steer io0 --by dst-ip --map 192.0.2.0/24=0-2 --else 3',
    'rtap steer io0 off',
  ],
  filter: ['rtap filter io0 --mac 02:00:00:00:00:01', 'rtap filter io0 --allmulti', 'rtap filter io0 off'],
  stats: [
    'rtap stats',
    'rtap stats io0 --per-queue',
    'rtap stats io0 --watch',
    'rtap stats io0 --per-queue --watch',
    'rtap stats io0 --reset',
  ],
  top: ['rtap top', 'rtap top io0 io1', 'rtap top io0 --interval 0.2'],
  metrics: ['rtap metrics --listen 127.0.0.1:9177', 'rtap metrics io0 --listen unix:/run/rtap/metrics.sock'],
  monitor: ['rtap monitor', 'rtap monitor io0 --initial --json'],
  'rx-dump': [
    'rtap rx-dump io0 -q 2 tcp port 80',
    'rtap rx-dump io0 -c 100 -w frames.pcapng',
    'rtap rx-dump -r frames.pcapng -e',
  ],
  sniff: [
    'rtap sniff io0',
    'rtap sniff io0 -q 1 -Q out tcp port 80',
    'rtap sniff io0 -c 100 -w frames.pcapng',
    'rtap sniff io0 --last 64MiB -w frames.pcapng',
  ],
  extcap: ['rtap extcap --install', 'sudo rtap extcap --install --system', 'rtap extcap --uninstall'],
  'tx-inject': [
    'rtap tx-inject io0 -r frames.pcap',
    'rtap tx-inject io0 -r monday.pcap -r tuesday.pcap --max-gap 1s',
    'rtap tx-inject io0 -r frames.pcapng -q recorded',
    'rtap tx-inject io0 --udp 10.0.0.1:1000-10.0.0.2:2000 --size 64 --rate 10kpps --duration 5s',
  ],
  fwd: ['rtap fwd io0 io1', 'rtap fwd io0 io1 --peer-netns blue --threads 2 --stats 1'],
  gc: ['rtap gc --dry-run', 'rtap gc'],
  cni: ['echo \'{"cniVersion":"1.1.0"}\' | CNI_COMMAND=VERSION rtap cni'],
  batch: ['rtap batch devices.rtap', 'rtap batch --keep-going --json <devices.rtap'],
  bench: ['rtap bench', 'rtap bench rx --size 64,65000 --rounds 5', 'rtap bench all --json >bench.json'],
  demo: ['sudo rtap demo'],
  doctor: ['rtap doctor'],
  completion: [
    'source <(rtap completion bash)',
    'rtap completion fish >~/.config/fish/completions/rtap.fish',
  ],
};

/** Returns the examples of a command, which follow its help; '' if it has none. */
export function exampleText(command: string): string {
  const examples = EXAMPLES[command] ?? [];
  if (examples.length === 0) return '';
  return `\nExamples:\n${examples.map((example) => `  ${example}`).join('\n')}\n`;
}
