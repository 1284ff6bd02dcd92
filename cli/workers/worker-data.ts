/** The data that a worker of a gateway starts with. */

export interface WorkerData {
  /** From 1. */
  readonly number: number;
  readonly count: number;
  readonly port: number;
  /** Its name among the nodes that share the database. */
  readonly nodeName: string;
}

const variable = "OPENCLAW_WORKER";

export const toWorkerVariable = (data: WorkerData): NodeJS.ProcessEnv => ({
  [variable]: JSON.stringify(data),
});

/** Removes the variable, so that commands do not inherit it. Undefined in a process that is no worker. */
export function takeWorkerData(env: NodeJS.ProcessEnv): WorkerData | undefined {
  const text = env[variable];
  delete env[variable];
  // Anyone can set the variable; a worker has a channel to the process that has started it.
  return text === undefined || !process.connected ? undefined : (JSON.parse(text) as WorkerData);
}
