import type { CommandEntry } from '../arguments/command-line.js';

/** Every subcommand, in the order of the help. */
export const COMMANDS: readonly CommandEntry[] = [
  { name: 'create', summary: 'make TAP devices', load: () => import('../commands/create.js') },
  { name: 'delete', summary: 'remove TAP devices', load: () => import('../commands/delete.js') },
  {
    name: 'list',
    summary: 'list the TAP devices of this network namespace',
    load: () => import('../commands/list.js'),
  },
  { name: 'show', summary: 'show devices in detail', load: () => import('../commands/show.js') },
  {
    name: 'persist',
    summary: 'set whether a device stays without users',
    load: () => import('../commands/persist.js'),
  },
  {
    name: 'hold',
    summary: 'keep all queues of a device attached, and lend them',
    load: () => import('../commands/hold.js'),
  },
  {
    name: 'lend',
    summary: 'run another program with queues of a device',
    load: () => import('../commands/lend.js'),
  },
  { name: 'release', summary: 'end the holder of a device', load: () => import('../commands/release.js') },
  { name: 'up', summary: 'switch a device on', load: () => import('../commands/up.js') },
  { name: 'down', summary: 'switch a device off', load: () => import('../commands/down.js') },
  { name: 'mtu', summary: 'print or set the MTU', load: () => import('../commands/mtu.js') },
  {
    name: 'txqueuelen',
    summary: 'print or set the length of the queues',
    load: () => import('../commands/txqueuelen.js'),
  },
  { name: 'mac', summary: 'print or set the MAC address', load: () => import('../commands/mac.js') },
  {
    name: 'offload',
    summary: 'print or set the offloads of a device',
    load: () => import('../commands/offload.js'),
  },
  { name: 'promisc', summary: 'print or set promiscuous mode', load: () => import('../commands/promisc.js') },
  {
    name: 'allmulti',
    summary: 'print or set all-multicast mode',
    load: () => import('../commands/allmulti.js'),
  },
  {
    name: 'steer',
    summary: 'print or set how frames are spread over the queues',
    load: () => import('../commands/steer.js'),
  },
  {
    name: 'filter',
    summary: 'print or set which frames leave a device, by MAC address',
    load: () => import('../commands/filter.js'),
  },
  {
    name: 'stats',
    summary: "print rtap's counters beside the kernel's",
    load: () => import('../commands/stats.js'),
  },
  {
    name: 'top',
    summary: 'draw rates of devices and queues on the terminal',
    load: () => import('../commands/top.js'),
  },
  {
    name: 'monitor',
    summary: 'print changes of devices as they happen',
    load: () => import('../commands/monitor.js'),
  },
  {
    name: 'metrics',
    summary: 'serve the counters to Prometheus',
    load: () => import('../commands/metrics.js'),
  },
  {
    name: 'rx-dump',
    summary: 'read frames from the queues of a device',
    load: () => import('../commands/rx-dump.js'),
  },
  {
    name: 'sniff',
    summary: 'watch the frames that pass a device, without taking one',
    load: () => import('../commands/sniff.js'),
  },
  {
    name: 'extcap',
    summary: 'let Wireshark capture from devices',
    load: () => import('../commands/extcap.js'),
  },
  {
    name: 'tx-inject',
    summary: 'write frames into queues of a device',
    load: () => import('../commands/tx-inject.js'),
  },
  {
    name: 'fwd',
    summary: 'forward frames between two devices',
    load: () => import('../commands/fwd.js'),
  },
  {
    name: 'cni',
    summary: 'give containers TAP devices, as a CNI plugin',
    load: () => import('../commands/cni.js'),
  },
  {
    name: 'batch',
    summary: 'run the commands of a file or a pipe',
    load: () => import('../commands/batch.js'),
  },
  {
    name: 'bench',
    summary: 'measure how fast rtap is on this machine',
    load: () => import('../commands/bench.js'),
  },
  {
    name: 'demo',
    summary: 'show the main commands in 10 seconds',
    load: () => import('../commands/demo.js'),
  },
  {
    name: 'doctor',
    summary: 'check what this machine supports',
    load: () => import('../commands/doctor.js'),
  },
  {
    name: 'gc',
    summary: 'remove files of devices and holders that are gone',
    load: () => import('../commands/gc.js'),
  },
  {
    name: 'completion',
    summary: 'print a completion script for a shell',
    load: () => import('../commands/completion.js'),
  },
];
