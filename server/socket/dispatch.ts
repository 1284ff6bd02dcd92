/** One call on its way: the method, the right, the parameters, the handler, the answer. */
import { methods } from "../../contracts/index.ts";
import type { Method } from "../../contracts/socket/method.ts";
import { allows, onlyLooks } from "../../contracts/rights.ts";
import type { Log, NewId } from "../agent/types.ts";
import { GatewayError, toGatewayError } from "../errors.ts";
import { flattenIssues } from "../issues.ts";
import { nearest } from "../nearest.ts";
import { refusal } from "../refusal.ts";
import type { Request } from "./frame.ts";
import type { Caller, MethodHandler, MethodHandlers } from "./handler.ts";
import type { Link } from "./link.ts";
import { scopeMissing, toWireError } from "./wire-error.ts";

interface DispatchParts {
  readonly handlers: MethodHandlers;
  readonly maxReplyBytes: number;
  /** True once the gateway is stopping. */
  readonly stopping: () => boolean;
  readonly newId: NewId;
  readonly log: Log;
}

/** Resolves when the call has been answered; never rejects. */
export type Dispatch = (request: Request, caller: Caller, link: Link) => Promise<void>;

const table: ReadonlyMap<string, Method> = new Map(Object.entries(methods));

export const methodNames = [...table.keys()];

export function createDispatch(parts: DispatchParts): Dispatch {
  const { maxReplyBytes, stopping, newId, log } = parts;
  const handlers: ReadonlyMap<string, unknown> = new Map(Object.entries(parts.handlers));

  return async ({ id, method: name, params }, caller, link) => {
    const requestId = newId("req_");
    try {
      caller.credential.count();
      const method = table.get(name);
      if (method === undefined) throw unknownMethod(name);
      if (!allows(caller.scopes, method.auth)) {
        link.refuse(id, scopeMissing(method.auth));
        return;
      }
      if (!onlyLooks(method.auth) && stopping()) throw shuttingDown();
      const parsed = method.params.safeParse(params ?? {}, { reportInput: true });
      if (!parsed.success) throw refusal(flattenIssues(parsed.error), `The params of ${name}`);
      // The params have been parsed by this very contract: the pair is right by construction.
      const handle = handlers.get(name) as MethodHandler<Method>;
      const result = await handle({
        params: parsed.data,
        caller,
        requestId,
        gone: link.signal,
        accept: (payload) => {
          link.answer(id, payload);
          return new Promise(setImmediate);
        },
      });
      checkSize(result, maxReplyBytes);
      link.answer(id, result);
    } catch (thrown) {
      const error = toGatewayError(thrown);
      const fields = { requestId, connId: caller.connId, code: error.code };
      if (error.code === "internal_error") {
        const { cause } = error;
        log.warn("call failed", {
          ...fields,
          method: name,
          cause: cause instanceof Error ? cause.stack : "",
        });
      } else log.debug("call refused", { ...fields, param: error.param });
      link.refuse(id, toWireError(error));
    }
  };
}

function unknownMethod(name: string): GatewayError {
  const near = nearest(name, methodNames);
  const hint = near === undefined ? "hello-ok lists the methods." : `Did you mean ${near}?`;
  return new GatewayError("not_found", `Unknown method ${JSON.stringify(name.slice(0, 100))}. ${hint}`, {
    param: "method",
  });
}

function shuttingDown(): GatewayError {
  return new GatewayError("shutting_down", "The gateway is stopping; connect again in a moment.", {
    retryAfterSeconds: 5,
  });
}

/** Texts are measured by their characters first: nearly all answers are far too short to be looked at closer. */
function checkSize(result: unknown, max: number): void {
  const text = JSON.stringify(result);
  if (text.length * 3 <= max || Buffer.byteLength(text) <= max) return;
  throw new GatewayError(
    "request_too_large",
    `The answer has more than ${max} bytes. Ask for less of it: a smaller limit, or shorter texts.`,
  );
}
