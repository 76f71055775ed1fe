import type { Fault } from '../process/console.js';
import { ForwardingConsole } from '../process/forwarding-console.js';

/**
 * The console of a capture for Wireshark. At the end of the capture, Wireshark shows everything on standard error as an error. So this
 * prints no counts and no other talk, and keeps the warnings until it is known whether they matter.
 */
export class CaptureConsole extends ForwardingConsole {
  /** Warnings of the capture, in their order. */
  readonly warnings: string[] = [];

  print(): void {}

  printJson(): void {}

  note(): void {}

  status(): void {}

  fault(fault: Fault): void {
    this.base.fault(fault);
  }

  warn(text: string): void {
    this.warnings.push(text);
  }

  override get statusTerminal() {
    return false;
  }
}
