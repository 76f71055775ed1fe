/** The names and addresses of this machine alone, with or without a port. */
const LOCAL = /^(?:localhost|127(?:\.\d{1,3}){3}|\[::1\])(?::\d{1,5})?$/i;

/**
 * Whether the Host header of a request names this machine as only its own programs can reach it. A browser sends the
 * name of the page that it shows: another machine's page whose name leads to 127.0.0.1 is not to read the answer.
 */
export function isLocalHost(host: string | undefined): boolean {
  return host !== undefined && LOCAL.test(host);
}
