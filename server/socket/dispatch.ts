/** Handles one call: finds the method, checks the permission, validates the params, runs the handler, sends the result. */
import { methods } from "../../contracts/index.ts";
import type { Method } from "../../contracts/socket/method.ts";
import { hasPermission, isReadOnly } from "../../contracts/permissions.ts";
import type { Log, NewId } from "../lib/ports.ts";
import type { StartServerSpan } from "../lib/trace-context.ts";
import { GatewayError, toGatewayError } from "../lib/errors.ts";
import { flattenIssues } from "../lib/zod-issues.ts";
import { suggest } from "../lib/did-you-mean.ts";
import { toValidationError } from "../lib/validation-error.ts";
import type { Request } from "./frame.ts";
import type { Caller, MethodHandler, MethodHandlers } from "./handler.ts";
import type { ConnectionWriter } from "./connection-writer.ts";
import { serializeResult } from "./serialized-result.ts";
import { toMissingScopeError, toWireError } from "./wire-error.ts";

interface DispatchDeps {
  readonly handlers: MethodHandlers;
  /** Maximum size of a result as JSON, in bytes. */
  readonly maxReplyBytes: number;
  readonly isStopping: () => boolean;
  readonly newId: NewId;
  readonly log: Log;
  readonly observeCall?: ObserveCall | undefined;
  /** Returns undefined while traces are off. */
  readonly startServerSpan?: StartServerSpan | undefined;
}

/** Called when a call has ended. `method` is `unknown` for a name that does not exist. `outcome` is `ok` or the error code. */
export type ObserveCall = (call: {
  readonly method: string;
  readonly outcome: string;
  readonly durationMs: number;
  readonly operation: {
    readonly name: string;
    readonly permission: string;
    /** Name of the credential. */
    readonly actor: string;
    /** The key or the name in the params. */
    readonly target: string | undefined;
    readonly requestId: string;
    readonly code: string | undefined;
    readonly isOk: boolean;
  };
}) => void;

/** Resolves when the result or the error is sent. Never rejects. */
export type Dispatch = (request: Request, caller: Caller, writer: ConnectionWriter) => Promise<void>;

const methodsByName: ReadonlyMap<string, Method> = new Map(Object.entries(methods));

export const methodNames = [...methodsByName.keys()];

export function createDispatch(deps: DispatchDeps): Dispatch {
  const { maxReplyBytes, isStopping, newId, log, observeCall, startServerSpan } = deps;
  const handlers: ReadonlyMap<string, unknown> = new Map(Object.entries(deps.handlers));

  return async ({ id, method: name, params, traceparent }, caller, writer) => {
    const requestId = newId("req_");
    const startedAt = performance.now();
    let outcome = "ok";
    const method = methodsByName.get(name);
    // Clients poll methods that only read.
    const span =
      method === undefined || isReadOnly(method.auth) ? undefined : startServerSpan?.({ traceparent });
    try {
      const counting = caller.credential.countRequest();
      if (counting !== undefined) await counting;
      if (method === undefined) throw unknownMethod(name);
      if (!hasPermission(caller.scopes, method.auth)) {
        outcome = "missing_scope";
        writer.sendError(id, toMissingScopeError(method.auth));
        return;
      }
      if (!isReadOnly(method.auth) && isStopping()) throw shuttingDown();
      const parsed = method.params.safeParse(params ?? {}, { reportInput: true });
      if (!parsed.success) throw toValidationError(flattenIssues(parsed.error), `The params of ${name}`);
      // The map holds the handler of this contract, and the contract has parsed the params.
      const handle = handlers.get(name) as MethodHandler<Method>;
      const result = await handle({
        params: parsed.data,
        caller,
        requestId,
        trace: span?.context,
        getSignal: writer.getSignal,
        accept: (payload) => {
          writer.sendResult(id, JSON.stringify(payload));
          return new Promise(setImmediate);
        },
      });
      const text = serializeResult(result);
      checkSize(text, maxReplyBytes);
      writer.sendResult(id, text);
    } catch (thrown) {
      const error = toGatewayError(thrown);
      outcome = error.code;
      const fields = { requestId, traceId: span?.context.traceId, connId: caller.connId, code: error.code };
      if (error.code === "internal_error") {
        const { cause } = error;
        log.error("call failed", {
          ...fields,
          method: name,
          cause: cause instanceof Error ? cause.stack : "",
        });
      } else log.info("call rejected", { ...fields, method: name, param: error.param });
      writer.sendError(id, toWireError(error));
    } finally {
      const isOk = outcome === "ok";
      span?.end({
        name,
        attributes: {
          "rpc.system.name": "openclaw",
          "rpc.method": name,
          "rpc.response.status_code": outcome,
          "openclaw.request.id": requestId,
        },
        errorType: isOk ? undefined : outcome,
      });
      observeCall?.({
        method: method === undefined ? "unknown" : name,
        outcome,
        durationMs: performance.now() - startedAt,
        operation: {
          name,
          permission: method?.auth ?? "",
          actor: caller.credential.name,
          target: findTarget(params),
          requestId,
          code: isOk ? undefined : outcome,
          isOk,
        },
      });
    }
  };
}

const maxTargetLength = 256;

/** Returns what a method changes, as its caller has named it. */
function findTarget(params: unknown): string | undefined {
  if (typeof params !== "object" || params === null) return undefined;
  const { name, key, sessionKey } = params as Readonly<Record<string, unknown>>;
  const target = [name, key, sessionKey].find((each) => typeof each === "string");
  return typeof target === "string" ? target.slice(0, maxTargetLength) : undefined;
}

function unknownMethod(name: string): GatewayError {
  const suggestion = suggest(name, methodNames);
  const hint = suggestion === undefined ? "hello-ok lists the methods." : `Did you mean ${suggestion}?`;
  return new GatewayError("not_found", `Unknown method ${JSON.stringify(name.slice(0, 100))}. ${hint}`, {
    param: "method",
  });
}

function shuttingDown(): GatewayError {
  return new GatewayError("shutting_down", "The gateway is stopping; connect again in a moment.", {
    retryAfterSeconds: 5,
  });
}

/** One UTF-16 code unit takes at most three bytes of UTF-8, so the bytes of most results need no counting. */
function checkSize(text: string, max: number): void {
  if (text.length * 3 <= max || Buffer.byteLength(text) <= max) return;
  throw new GatewayError(
    "request_too_large",
    `The result has more than ${max} bytes. Ask for less: a smaller limit, or shorter texts.`,
  );
}
