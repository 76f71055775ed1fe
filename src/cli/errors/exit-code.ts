/** What the shell is told (design, "The command line"). */
export const EXIT_DONE = 0;
/** Wrong usage. */
export const EXIT_USAGE = 1;
/** The kernel refused, no such device, no permission, a file that cannot be opened. */
export const EXIT_REFUSED = 2;
/** Finished, but not all of it. */
export const EXIT_INCOMPLETE = 3;
/** This machine cannot. */
export const EXIT_UNABLE = 4;
