/** Recognizes the errors of SQLite for damaged files. */

/** Whether the error means that a file is not a database, or a damaged one. */
export const isDamagedFileError = (error: unknown): boolean =>
  error instanceof Error && /file is not a database|database disk image is malformed/.test(error.message);
