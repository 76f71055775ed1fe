import { sysctl } from './process-status.js';

/** Sysctls that keep users from making user namespaces, each with the value that does so and one that does not. */
const SWITCHES: readonly (readonly [name: string, closed: string, open: string])[] = [
  ['user.max_user_namespaces', '0', '15000'],
  ['kernel.unprivileged_userns_clone', '0', '1'],
  ['kernel.apparmor_restrict_unprivileged_userns', '1', '0'],
];

/** Returns how to let this process make a network namespace, which it tried in vain to do in a user namespace. */
export function userNamespaceRemedy(command: string): string {
  const closed = SWITCHES.filter(([name, value]) => sysctl(name) === value);
  const settings = closed.map(([name, , open]) => `${name}=${open}`);
  const root =
    process.geteuid?.() === 0
      ? 'this root lacks CAP_SYS_ADMIN; in a container: --cap-add SYS_ADMIN --cap-add NET_ADMIN'
      : `run as root: sudo rtap ${command}`;
  return settings.length === 0
    ? `${root}; or allow user namespaces in the seccomp profile or the security module of this machine`
    : `${root}; or allow user namespaces: sysctl -w ${settings.join(' ')}`;
}
