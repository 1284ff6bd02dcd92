/** Lines of the log: runs, their models, commands and MCP servers. */
import type { LogEvent } from "./log-event.ts";

export const runsLogEvents = {
  "model failed": {
    levels: ["debug"],
    meaning: "A call of a model failed. The run may go on with another attempt or model.",
  },
  "the connection of a run was cut": {
    levels: ["info"],
    meaning:
      "The run of `POST /v1/messages` goes on for five seconds, since clients repeat the request; the repeat gets its answer.",
  },
  "provider put aside": {
    levels: ["warn"],
    meaning:
      "The provider failed repeatedly; its fallbacks answer meanwhile. With `upstream_auth` its key is wrong.",
  },
  "provider taken back": { levels: ["info"], meaning: "A provider that was put aside answers again." },
  "the conversation is compacted": {
    levels: ["info"],
    meaning: "It would not fit the model: a summary replaces its oldest turns.",
  },
  "the conversation could not be compacted": {
    levels: ["warn"],
    meaning: "It is sent whole, and the provider may reject it.",
  },
  "many tools are offered, which providers may reject": {
    levels: ["warn"],
    meaning: "More than 128 tools. Deny some with `tools.deny`.",
  },
  "the system event of a hook could not be stored": {
    levels: ["error"],
    meaning:
      "The session store failed when a run of `POST /hooks/agent` ended. The answer is in the session of the run.",
  },
  "a tool failed": {
    levels: ["error"],
    meaning: "A bug in a tool, with its stack. The model got an error as the result.",
  },
  "an observer of runs failed": {
    levels: ["error"],
    meaning: "A bug in metrics, usage, audit or traces. The run went on. Please report it.",
  },
  "a watcher of runs failed": {
    levels: ["error"],
    meaning: "A bug in what sends runs to sockets. The run went on. Please report it.",
  },
  "commands run in the bubblewrap sandbox": { levels: ["info"], meaning: "`tools.exec.sandbox` works here." },
  "commands run without a sandbox: it does not work here": {
    levels: ["info"],
    meaning: "`tools.exec.sandbox` is `auto`, and bubblewrap is missing or may not create namespaces.",
  },
  "commands cannot run: the sandbox does not work here": {
    levels: ["warn"],
    meaning: "`tools.exec.sandbox` requires bubblewrap, which is missing or may not create namespaces.",
  },
  "a process of a command could not be ended": {
    levels: ["error"],
    meaning: "It ignored SIGKILL, for instance because it waits for a disk.",
  },
  "MCP server": { levels: ["debug"], meaning: "An error that the connection to an MCP server reported." },
  "MCP server started": {
    levels: ["info"],
    meaning: "Has its name, how long it took and its number of tools.",
  },
  "MCP server is down": {
    levels: ["warn"],
    meaning: "Its tools fail until it starts again, which is tried when they are called.",
  },
  "MCP server's stderr": { levels: ["debug"], meaning: "A line that an MCP server has written." },
  "an MCP server wrote an invalid line": {
    levels: ["debug"],
    meaning: "The server's output has a line that MCP does not define.",
  },
  "MCP tool left out": {
    levels: ["warn"],
    meaning: "A tool of an MCP server cannot be used. Has the reason.",
  },
  "MCP tool renamed, providers would reject its name": {
    levels: ["warn"],
    meaning: "Has the name that policies and models see.",
  },
  "an MCP server could not be closed": {
    levels: ["warn"],
    meaning: "Its process may go on. Has the reason.",
  },
} as const satisfies Readonly<Record<string, LogEvent>>;
