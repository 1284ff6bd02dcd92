/** Lines of the log: the gateway itself and its configuration. */
import type { LogEvent } from "./log-event.ts";

export const gatewayLogEvents = {
  "gateway started": {
    levels: ["info"],
    meaning:
      "The gateway accepts requests. Has its version, configuration file, state folder, address, process id and node id.",
  },
  "gateway stopped": {
    levels: ["info"],
    meaning: "The last line of a gateway that was stopped. After a kill or a crash it is missing.",
  },
  "the end of the gateway waits for work": {
    levels: ["info"],
    meaning: "Requests are still at work; they have `gateway.limits.drainMs`.",
  },
  "runs that waited for their turn were ended": {
    levels: ["info"],
    meaning: "They had not begun when the gateway stopped. Their callers got `shutting_down`.",
  },
  "work was ended, because its time is over": {
    levels: ["warn"],
    meaning: "A request was longer at work than `gateway.limits.drainMs` after a stop.",
  },
  "a worker has ended and is replaced": {
    levels: ["error"],
    meaning:
      "A worker crashed or was killed. The line has its number, and its exit code or signal. Its callers lose their connections. Its runs are marked as interrupted within 20 s. A worker that lived for less than 10 s is replaced after a delay, which grows from 1 s to 30 s.",
  },
  "workers were killed, because they did not stop in time": {
    levels: ["error"],
    meaning: "They were still running 10 s after `gateway.limits.drainDelayMs` and `drainMs` had passed.",
  },
  "unhandled rejection": {
    levels: ["error"],
    meaning: "A bug: a failure that nothing handled. The gateway goes on. Please report it.",
  },
  "memory is nearly full": {
    levels: ["warn"],
    meaning:
      "New runs are rejected with `server_overloaded` until memory is free: see `gateway.limits.maxMemoryMb`.",
  },
  "memory is available again": { levels: ["info"], meaning: "New runs are accepted again." },
  "the largest run was ended, because memory is full": {
    levels: ["warn"],
    meaning: "The run with the most data got `server_overloaded`, so that the others can go on.",
  },
  "lines of the log were dropped, because nobody read them": {
    levels: ["warn"],
    meaning: "The reader of the log is too slow, or the disk is full. Has the number of lines.",
  },
  "configuration applied": {
    levels: ["info"],
    meaning:
      "The file is in use, after a change or after SIGHUP. The line has the number and the names of the changed settings, and no values.",
  },
  "configuration not applied": {
    levels: ["error"],
    meaning:
      "The changed file is invalid, and the previous configuration stays in use. There is one line for each fault, and the lines are repeated at SIGHUP. `openclaw config check` lists the faults too.",
  },
  "configuration written": {
    levels: ["info"],
    meaning: "A caller with the scope `operator.admin` has changed the file.",
  },
  "settings need a restart": {
    levels: ["warn"],
    meaning: "These settings of the changed file are used after the next start.",
  },
  "the gateway runs with the last good copy of its configuration: the file is broken": {
    levels: ["warn"],
    meaning: "The file was invalid at the start. Repair it; it is then applied.",
  },
  "the last good copy of the configuration cannot be written": {
    levels: ["warn"],
    meaning: "A start with a broken file would fail. Look at the permissions of the state folder.",
  },
} as const satisfies Readonly<Record<string, LogEvent>>;
