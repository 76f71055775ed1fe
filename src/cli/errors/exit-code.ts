/** The command did all that was asked. */
export const EXIT_DONE = 0;
/** Wrong usage. */
export const EXIT_USAGE = 1;
/** The kernel refused, no such device, no permission, a file that cannot be opened. */
export const EXIT_REFUSED = 2;
/** Finished, but not all of it. */
export const EXIT_INCOMPLETE = 3;
/** `lend` cannot run its command, as env(1). */
export const EXIT_NOT_EXECUTABLE = 126;
/** `lend` does not find its command. */
export const EXIT_NOT_FOUND = 127;
/** This machine lacks something that rtap needs. */
export const EXIT_UNABLE = 4;
