/** Options of tshark: it computes the checksums of IP, TCP and UDP. */
export const CHECKSUMS_COMPUTED: readonly string[] = ['ip', 'tcp', 'udp'].flatMap((protocol) => [
  '-o',
  `${protocol}.check_checksum:TRUE`,
]);

/**
 * Filter of tshark: frames with a wrong or an unfinished checksum. In the field `checksum.status`, tshark 4.4 calls an unfinished one
 * good, and 4.0 calls it bad.
 */
export const CHECKSUM_FAULT = '_ws.expert.group == "Checksum"';
