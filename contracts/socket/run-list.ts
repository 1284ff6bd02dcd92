/** `runs.list`: the runs that have not ended. */
import { z } from "zod";
import { listOf, shortText } from "../limits.ts";
import { noParams, runId, sessionKey, time } from "./fields.ts";
import { method } from "./method.ts";

const RunWait = z
  .object({
    for: z
      .enum(["session", "slot"])
      .describe("`session`: an earlier run of its session is at work. `slot`: every run slot is taken."),
    ahead: z.int().min(0).describe("Number of runs that go before it."),
    until: time().describe("When the run fails if its turn has not come: Unix time in milliseconds."),
  })
  .meta({ id: "RunWait", description: "What a run waits for." });

const ActiveRun = z
  .object({
    runId: runId(),
    requestId: shortText().describe("Id of the request that started it, as in the log."),
    operation: shortText().describe(
      "What started it: the id of the HTTP operation, such as `createChatCompletion`, or the name of the method.",
    ),
    credential: shortText().describe("Name of the key that started it, or `operator`."),
    agentId: shortText().describe("Id of the agent."),
    sessionKey: sessionKey().optional().describe("Full key of the session. Absent for a run without one."),
    model: shortText().describe("The model of the last step, `<provider>/<id>`; before it the first choice."),
    createdAt: time().describe("When it was requested: Unix time in milliseconds."),
    startedAt: time().optional().describe("When it left the queue. Absent while it waits."),
    wait: RunWait.optional().describe("Absent for a run at work."),
    steps: z.int().min(0).describe("Model calls that have ended."),
    tool: shortText().optional().describe("The tool that runs now."),
    inputTokens: z.int().min(0).describe("Input tokens of the steps that have ended."),
    outputTokens: z.int().min(0).describe("Output tokens of the steps that have ended."),
  })
  .meta({ id: "ActiveRun", description: "A run that waits or works." });

export const runsList = method({
  tag: "Runs",
  method: "runs.list",
  summary: "List the active runs",
  description:
    "Every run that waits or works, from every endpoint, in the order of the requests. You see the runs whose events you receive: your own and those in your sessions; the gateway's own secret and keys with `operator.admin` see all.",
  auth: "follow",
  params: noParams,
  result: z
    .object({
      ts: time().describe("The gateway's clock: Unix time in milliseconds."),
      runs: listOf(ActiveRun).describe("The runs."),
    })
    .meta({ id: "ActiveRuns", description: "The active runs." }),
  errors: [],
});
