/** What the commands exit with; the numbers above 2 are those of sysexits.h, and of a shell for a Ctrl-C. */

export const exitDone = 0;
export const exitFailed = 1;
export const exitUsage = 2;
/** The session has too many runs waiting: try again later. */
export const exitBusy = 75;
/** The gateway refuses the credential, or it lacks the right. */
export const exitCredential = 77;
export const exitConfig = 78;
export const exitInterrupted = 130;
