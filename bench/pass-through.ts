/** What Express costs alone: hands each request to the upstream, and pipes the bytes of the answer back. */
import express from "express";
import { Agent } from "undici";

const path = "/v1/chat/completions";
const origin = process.env["UPSTREAM"] ?? "";
const agent = new Agent({ headersTimeout: 0, bodyTimeout: 0 });

const app = express();
app.disable("x-powered-by").disable("etag");
app.post(path, (req, res, next) => {
  const headers = {
    "content-type": "application/json",
    "content-length": req.headers["content-length"] ?? "0",
  };
  agent.stream(
    { origin, path, method: "POST", headers, body: req },
    (answer) => res.writeHead(answer.statusCode, { "content-type": String(answer.headers["content-type"]) }),
    (error) => {
      if (error) next(error);
    },
  );
});
app.listen(Number(process.env["PORT"]), "127.0.0.1");
