/** The baseline of Express and ws alone: forwards each request to the upstream, pipes the response, accepts WebSockets. */
import express from "express";
import { Agent } from "undici";
import { WebSocketServer } from "ws";

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
    (response) =>
      res.writeHead(response.statusCode, { "content-type": String(response.headers["content-type"]) }),
    (error) => {
      if (error) next(error);
    },
  );
});
const server = app.listen(Number(process.env["PORT"]), "127.0.0.1");
const sockets = new WebSocketServer({ noServer: true, perMessageDeflate: false });
server.on("upgrade", (req, socket, head) => sockets.handleUpgrade(req, socket, head, () => {}));
