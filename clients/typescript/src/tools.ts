/** Tools of the agents, invoked without a model. */
import type { ApiPromise, WithRequestId } from "./api-promise.ts";
import type { RunRequestOptions } from "./call-options.ts";
import type { ClientOptions } from "./client-options.ts";
import type { InvokeToolRequest, ToolInvocation } from "./schemas.ts";
import { createTransport, type Transport } from "./transport.ts";

export interface Tools {
  /**
   * Run one tool.
   *
   * Runs one of an agent's tools with the given arguments, without a model. The policy in `tools` applies as
   * it does to the agent. In addition `exec`, `write`, `edit`, `apply_patch` and `process` are denied unless
   * `gateway.tools.allow` names them. A denied tool is `tool_denied`, an unknown one `tool_not_found`; the
   * message names the setting that would allow it. The limit is the agent's `timeoutSeconds`. Closing the
   * connection stops the tool and every process that it started.
   *
   * Needs the scope `operator.write` or `tools`.
   *
   * @remarks Rejects when the tool fails. `type` of the result is `result`, or with `dryRun: true`
   * `decision`.
   * @see POST /tools/invoke
   */
  invoke(body: InvokeToolRequest, options?: RunRequestOptions): ApiPromise<ToolInvocation & WithRequestId>;
}

/** Tools alone, for small bundles. */
export function createTools(options: ClientOptions = {}): Tools {
  return bindTools(createTransport(options));
}

export function bindTools({ run }: Transport): Tools {
  return { invoke: (body, options = {}) => run("post", "/tools/invoke", { body }, options) };
}
