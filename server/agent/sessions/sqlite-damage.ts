/** What SQLite says of a damaged file. */

/** Whether SQLite could not read a file as a database. */
export const isDamagedFileError = (error: unknown): boolean =>
  error instanceof Error && /file is not a database|database disk image is malformed/.test(error.message);
