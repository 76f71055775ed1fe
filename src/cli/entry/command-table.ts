import type { CommandEntry } from '../arguments/command-line.js';

/** Every subcommand, in the order of the help. */
export const COMMANDS: readonly CommandEntry[] = [
  { name: 'create', summary: 'make a TAP device', load: () => import('../commands/create.js') },
  { name: 'delete', summary: 'remove a TAP device', load: () => import('../commands/delete.js') },
  {
    name: 'list',
    summary: 'the TAP devices of this network namespace',
    load: () => import('../commands/list.js'),
  },
  { name: 'show', summary: 'one device in detail', load: () => import('../commands/show.js') },
  {
    name: 'persist',
    summary: 'let a device outlive its users, or not',
    load: () => import('../commands/persist.js'),
  },
  {
    name: 'hold',
    summary: 'keep a device attached and lend its queues',
    load: () => import('../commands/hold.js'),
  },
  { name: 'release', summary: 'end the holder of a device', load: () => import('../commands/release.js') },
  { name: 'up', summary: 'switch a device on', load: () => import('../commands/up.js') },
  { name: 'down', summary: 'switch a device off', load: () => import('../commands/down.js') },
  { name: 'mtu', summary: 'print or set the MTU', load: () => import('../commands/mtu.js') },
  { name: 'mac', summary: 'print or set the MAC address', load: () => import('../commands/mac.js') },
  {
    name: 'offload',
    summary: 'print or set what the kernel may leave unfinished',
    load: () => import('../commands/offload.js'),
  },
  { name: 'promisc', summary: 'print or set promiscuous mode', load: () => import('../commands/promisc.js') },
  {
    name: 'allmulti',
    summary: 'print or set all-multicast mode',
    load: () => import('../commands/allmulti.js'),
  },
  {
    name: 'stats',
    summary: "rtap's counters beside the kernel's",
    load: () => import('../commands/stats.js'),
  },
  {
    name: 'monitor',
    summary: 'what happens to devices, as it happens',
    load: () => import('../commands/monitor.js'),
  },
  {
    name: 'metrics',
    summary: 'serve the counters to a monitoring system',
    load: () => import('../commands/metrics.js'),
  },
  { name: 'rx-dump', summary: 'read frames from the queues', load: () => import('../commands/rx-dump.js') },
  { name: 'tx-inject', summary: 'write frames into a queue', load: () => import('../commands/tx-inject.js') },
  {
    name: 'fwd',
    summary: 'carry frames between two devices',
    load: () => import('../commands/fwd.js'),
  },
  {
    name: 'bench',
    summary: 'how fast this machine is, engines compared',
    load: () => import('../commands/bench.js'),
  },
  { name: 'demo', summary: 'the main job in 10 seconds', load: () => import('../commands/demo.js') },
  {
    name: 'doctor',
    summary: 'what this machine can, and what to do about it',
    load: () => import('../commands/doctor.js'),
  },
  {
    name: 'gc',
    summary: 'remove what dead devices and holders left',
    load: () => import('../commands/gc.js'),
  },
  {
    name: 'completion',
    summary: 'completion for bash, zsh and fish',
    load: () => import('../commands/completion.js'),
  },
];
