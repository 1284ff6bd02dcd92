/** POST /hooks/agent and POST /hooks/wake. */
import type { Config } from "../../contracts/config/config.ts";
import type { GetAgents } from "../agent/agents.ts";
import type { FindRoute } from "../agent/route.ts";
import type { SystemEventStore } from "../agent/sessions/system-events.ts";
import { buildMainKey } from "../agent/sessions/session-keys.ts";
import type { RunAgent } from "../agent/types.ts";
import { chooseHookAgent, chooseHookSession, type HookRequest } from "../dialects/hooks/hook-route.ts";
import { runHook } from "../dialects/hooks/run-hook.ts";
import { GatewayError } from "../lib/errors.ts";
import type { Log, NewId } from "../lib/ports.ts";
import type { InFlightRequests } from "../transport/in-flight.ts";
import type { Handlers } from "./handler.ts";

interface HookHandlerDeps {
  readonly hooks: Config["hooks"];
  readonly getAgents: GetAgents;
  readonly findRoute: FindRoute;
  readonly runAgent: RunAgent;
  readonly systemEvents: SystemEventStore;
  readonly trackBackgroundWork: InFlightRequests["trackDetached"];
  readonly newId: NewId;
  readonly log: Log;
}

export function createHookHandlers(deps: HookHandlerDeps): Pick<Handlers, "runHook" | "wakeSession"> {
  const { hooks, getAgents, findRoute, systemEvents, trackBackgroundWork, newId } = deps;
  return {
    runHook({ body, credential, requestId, trace }) {
      rejectDestination(body);
      const agent = chooseHookAgent(getAgents(credential.name), body.agentId, hooks);
      const route = findRoute({
        surface: "hooks",
        credential: credential.name,
        agentId: agent.id,
        model: undefined,
        sessionKey: chooseHookSession(body, agent, hooks, newId),
        user: undefined,
        backendModel: body.model ?? undefined,
        fields: { agentId: "agentId", sessionKey: "sessionKey", model: "model" },
      });
      const runId = newId("hook_");
      const work = trackBackgroundWork({ name: "POST /hooks/agent", id: runId }, credential.revoked);
      const { signal } = work;
      const hook = { request: body, route, runId, requestId, trace, credential: credential.name, signal };
      const completion = runHook(hook, deps).finally(work.finish);
      const accepted = { ok: true, runId } as const;
      return {
        reply: body.waitForCompletion
          ? completion.then((ended) => ({ ...accepted, completion: ended }))
          : accepted,
        headers: { "x-openclaw-agent-id": agent.id, "x-openclaw-session-key": route.sessionKey },
      };
    },
    async wakeSession({ body, credential }) {
      if (body.sessionKey) {
        throw createUnsupportedError(
          "sessionKey",
          "system events are for the main session of the agent; leave it out",
        );
      }
      const agent = chooseHookAgent(getAgents(credential.name), body.agentId, hooks);
      const eventOutcome = await systemEvents.add(buildMainKey(agent.id), body.text);
      return { reply: { ok: true, mode: body.mode ?? "now", eventOutcome } };
    },
  };
}

/** Without the error nobody would learn that the answer is not delivered. */
function rejectDestination({ deliver, channel, to, accountId }: HookRequest): void {
  if (deliver === false) return;
  const [named] = Object.entries({ channel, to, accountId }).find(([, value]) => value) ?? [];
  if (named === undefined) return;
  throw createUnsupportedError(
    named,
    "this gateway has no chat apps and cannot deliver the answer; leave it out, or send deliver: false",
  );
}

const createUnsupportedError = (param: string, reason: string): GatewayError =>
  new GatewayError("unsupported_value", `${param}: ${reason}`, { param });
