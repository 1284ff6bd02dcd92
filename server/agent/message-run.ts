/** Creates the run of a caller that sends one message, and none of the settings of OpenAI's and Anthropic's APIs. */
import type { Route } from "./route.ts";
import type { Run } from "./types.ts";

type MessageRun = Route &
  Pick<Run, "id" | "requestId" | "operation" | "trace" | "credential" | "turns" | "stream" | "signal"> &
  Partial<Pick<Run, "instructions" | "thinking">> & {
    /** Shortens the time limit of the run. */
    readonly timeoutSeconds?: number | undefined;
  };

/** The field of the request is `message`. */
export function createMessageRun({ timeoutSeconds = Infinity, agent, ...fields }: MessageRun): Run {
  return {
    instructions: "",
    thinking: undefined,
    ...fields,
    agent: timeoutSeconds < agent.timeoutSeconds ? { ...agent, timeoutSeconds } : agent,
    turnsParam: "message",
    turnParams: ["message"],
    tools: [],
    toolChoice: "auto",
    parallelToolCalls: true,
    responseFormat: undefined,
    sampling: {},
    maxOutputTokens: undefined,
    stop: [],
  };
}
