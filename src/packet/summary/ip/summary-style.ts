/** How much a summary says. */
export interface SummaryStyle {
  /** Puts the protocol in front (`IP `, `IP6 `, `ARP, `), which tcpdump leaves out where -e has printed the ethertype. */
  readonly named: boolean;
  /** Adds what tcpdump -v does: header fields, checksums, and what stands in a line of its own. */
  readonly verbose: boolean;
}
