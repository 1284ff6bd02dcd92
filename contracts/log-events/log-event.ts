/** What a line of the log means. */

export interface LogEvent {
  readonly levels: readonly ("debug" | "info" | "warn" | "error")[];
  /** What has happened, and what to do where something can be done. */
  readonly meaning: string;
}
