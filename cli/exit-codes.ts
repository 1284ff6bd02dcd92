/** Exit codes of the commands. 75 to 78 are from sysexits.h, 130 is the shell's code for SIGINT. */

export const exitOk = 0;
export const exitFailure = 1;
export const exitUsage = 2;
/** Too many runs wait for the session: try again later. */
export const exitBusy = 75;
/** The gateway rejects the credential, or the credential lacks a permission. */
export const exitCredential = 77;
export const exitConfig = 78;
export const exitInterrupted = 130;
