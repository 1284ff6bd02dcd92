/** `models.test`. */
import type { modelsTest } from "../../../contracts/socket/agents.ts";
import { foldRun } from "../../agent/fold-run.ts";
import type { FindRoute } from "../../agent/route.ts";
import type { Agent, Run, RunAgent } from "../../agent/types.ts";
import type { Clock } from "../../lib/ports.ts";
import { truncateText } from "../../lib/truncate-text.ts";
import type { InFlightRequests } from "../../transport/in-flight.ts";
import type { MethodHandler } from "../handler.ts";
import { toRun } from "../run-params.ts";
import { findSocketRoute } from "../socket-route.ts";
import { toUsage } from "../usage.ts";

interface ModelTestDeps {
  readonly findRoute: FindRoute;
  readonly runAgent: RunAgent;
  readonly inFlight: InFlightRequests;
  readonly clock: Clock;
}

const question = "Reply with the word OK.";
const maxReplyLength = 1_000;

export function createModelTestMethods({ findRoute, runAgent, inFlight, clock }: ModelTestDeps): {
  readonly "models.test": MethodHandler<typeof modelsTest>;
} {
  return {
    async "models.test"({ params, caller, requestId }) {
      const { name: credential, revoked } = caller.credential;
      const route = findSocketRoute(findRoute, credential, params);
      const work = inFlight.trackDetached({ name: "models.test", id: requestId }, revoked);
      const request = {
        method: "models.test",
        params: { message: question, idempotencyKey: requestId },
        sessionKey: "",
        timeoutSeconds: undefined,
        credential,
        revoked,
        requestId,
      };
      const turns = [{ role: "user", content: [{ type: "text", text: question }] }] as const;
      const run: Run = {
        ...toRun(request, { ...route, agent: withoutContext(route.agent) }, "", turns, work.signal),
        // Another model that answers in its place would hide its failure.
        models: route.models.slice(0, 1),
        sessionKey: undefined,
      };
      const startedAt = clock();
      try {
        const { text, usage } = await foldRun((sink) => runAgent(run, sink));
        return {
          model: params.model,
          reply: truncateText(text, maxReplyLength),
          durationMs: clock() - startedAt,
          ...(usage !== undefined && { usage: toUsage(usage) }),
        };
      } finally {
        work.finish();
      }
    },
  };
}

/** Instructions and tools would cost tokens, and are not what is tested. */
const withoutContext = (agent: Agent): Agent => ({
  ...agent,
  instructions: "",
  workspaceFiles: () => Promise.resolve(""),
  toolbox: { toolsFor: () => [] },
});
