/** The run of a caller that sends one message and no settings of OpenAI's or Anthropic's APIs. */
import type { Route } from "./route.ts";
import type { Run } from "./types.ts";

type MessageRun = Route &
  Pick<Run, "id" | "requestId" | "operation" | "trace" | "credential" | "turns" | "stream" | "signal"> &
  Partial<Pick<Run, "instructions" | "thinking">> & {
    /** Shortens the longest time of the run. */
    readonly timeoutSeconds?: number | undefined;
  };

/** In the request the message has the name `message`. */
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
