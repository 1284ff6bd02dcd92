/** The HTTP application: every contract mounted behind the same checks, and an answer for every other path. */
import express, { type Express, type NextFunction, type Request, type Response } from "express";
import type { Endpoint } from "../../contracts/endpoint.ts";
import { endpoints } from "../../contracts/index.ts";
import type { Log, NewId } from "../agent/types.ts";
import { GatewayError } from "../errors.ts";
import { nearest } from "../nearest.ts";
import { createChecks, pass, type CheckRules } from "./checks.ts";
import { reportFailure, sendError } from "./errors.ts";
import type { Exchange } from "./exchange.ts";
import { createAnswerer, type MountParts } from "./mount.ts";
import { standardHeaders } from "./standard-headers.ts";

interface AppParts extends MountParts {
  readonly rules: CheckRules;
  readonly newId: NewId;
  readonly log: Log;
}

const saneRequestId = /^[\w.:-]{1,128}$/;

export function createApp(parts: AppParts): Express {
  const { newId, log } = parts;
  const checks = createChecks(parts.rules);
  const answer = createAnswerer(parts);

  const serve = async (
    candidates: readonly [Endpoint, ...Endpoint[]],
    req: Request,
    res: Response,
  ): Promise<void> => {
    const exchange: Exchange = {
      req,
      res,
      requestId: res.getHeader("x-request-id") as string,
      candidates,
      endpoint: candidates[0],
      credential: undefined,
      runBegan: false,
      sent: undefined,
      input: {},
    };
    try {
      if (await pass(exchange, checks)) await answer(exchange);
    } catch (thrown) {
      const told = exchange.runBegan && thrown instanceof GatewayError;
      if (!told) reportFailure(log, exchange.requestId, thrown);
      sendError(res, thrown, exchange.endpoint.errorShape);
    }
  };

  const app = express();
  app.disable("x-powered-by").disable("etag").enable("case sensitive routing").enable("strict routing");
  app.set("query parser", "simple");
  app.use((req, res, next) => {
    // A connection that fails is noticed by its closing; without a listener its error would end the process.
    res.on("error", () => {});
    const given = req.headers["x-request-id"];
    const requestId = typeof given === "string" && saneRequestId.test(given) ? given : newId("req_");
    for (const [name, value] of standardHeaders(requestId)) res.setHeader(name, value);
    next();
  });
  for (const [path, candidates] of routes()) {
    app.all(path, (req, res) => serve(candidates, req, res));
  }
  app.use((req: Request, res: Response) => {
    sendError(res, unknownPath(req));
  });
  // Four parameters make it Express's error handler: what no check and no handler has foreseen ends here.
  app.use((thrown: unknown, _req: Request, res: Response, _next: NextFunction) => {
    const badPath = thrown instanceof URIError || (thrown as { status?: unknown } | null)?.status === 400;
    const error = badPath
      ? new GatewayError("not_found", "The path is not validly encoded.", { cause: thrown })
      : thrown;
    reportFailure(log, res.getHeader("x-request-id") as string, error);
    sendError(res, error);
  });
  return app;
}

/** Endpoints by path in Express's spelling: `/v1/models/:model`. */
function routes(): ReadonlyMap<string, readonly [Endpoint, ...Endpoint[]]> {
  const byPath = new Map<string, [Endpoint, ...Endpoint[]]>();
  for (const endpoint of Object.values<Endpoint>(endpoints)) {
    for (const path of [endpoint.path, ...(endpoint.aliases ?? [])]) {
      const route = path.replaceAll(/\{(\w+)\}/g, ":$1");
      const others = byPath.get(route);
      if (others) others.push(endpoint);
      else byPath.set(route, [endpoint]);
    }
  }
  return byPath;
}

function unknownPath(req: Request): GatewayError {
  const known = Object.values<Endpoint>(endpoints).map((endpoint) => endpoint.path);
  const near =
    nearest(req.path, known) ?? known.find((path) => path.endsWith(req.path) && req.path.length > 1);
  const hint = near === undefined ? "The paths are listed in /openapi.yaml." : `Did you mean ${near}?`;
  return new GatewayError("not_found", `Unknown path ${JSON.stringify(req.path.slice(0, 200))}. ${hint}`);
}
