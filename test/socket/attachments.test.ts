/** Attachments over the socket: read like those of HTTP requests, under the same rules. */
import { Buffer } from "node:buffer";
import { expect, test } from "vitest";
import { says } from "../../contracts/examples/script.ts";
import { createGuardedFetch } from "../../server/fetch/guarded-fetch.ts";
import { postChat, startTestGateway } from "../support/gateway/gateway.ts";
import { dataUrl, png } from "../support/documents/images.ts";
import { createTextPdf } from "../support/documents/pdf.ts";
import { createModelSequence } from "../support/providers/scripted-model.ts";
import { connectTestSocket, waitForFinalResponse } from "../support/sockets/socket.ts";
import { treatAsPublic, startWebServer } from "../support/documents/web-server.ts";

const base64 = (content: string | Buffer): string => Buffer.from(content as string).toString("base64");

const dot = { type: "image", mimeType: "image/png", content: base64(png) };
const report = createTextPdf(["Sales have risen."]);

const chatRules = (rules: object) => ({
  gateway: { http: { endpoints: { chatCompletions: { enabled: true, ...rules } } } },
});

test("the model receives the same attachments over the socket and over HTTP", async () => {
  const { model, modelCalls } = createModelSequence([says("ok")]);
  const gateway = await startTestGateway({ model });
  const socket = await connectTestSocket(gateway);
  const { id = "" } = await socket.call("agent", {
    message: "What is all this?",
    attachments: [
      dot,
      { mimeType: "application/pdf", fileName: "report.pdf", content: base64(report) },
      { fileName: "table.csv", content: dataUrl("text/csv", "a,b\n1,2") },
      { content: base64(png) },
    ],
    idempotencyKey: "k1",
  });
  expect(await waitForFinalResponse(socket, id)).toMatchObject({ ok: true });
  const content = [
    { type: "text", text: "What is all this?" },
    { type: "image_url", image_url: { url: dataUrl("image/png", png) } },
    { type: "file", file: { filename: "report.pdf", file_data: dataUrl("application/pdf", report) } },
    { type: "file", file: { filename: "table.csv", file_data: dataUrl("text/csv", "a,b\n1,2") } },
    { type: "file", file: { file_data: dataUrl("", png) } },
  ];
  await postChat(gateway.url, { model: "openclaw", messages: [{ role: "user", content }] });
  const [bySocket, overHttp] = modelCalls.map(({ turns }) => turns);
  expect(overHttp).toEqual(bySocket);
  // The PDF has little text, so its page is sent as an image too.
  const types = ["text", "image", "text", "image", "text", "image"];
  const expected = types.map((type) => expect.objectContaining({ type }) as unknown);
  expect(bySocket).toEqual([{ role: "user", content: expected }]);
  expect(JSON.stringify(bySocket)).toContain("Sales have risen.");

  const { messages } = await socket.request<{ messages: readonly object[] }>("chat.history", {
    sessionKey: "main",
  });
  expect(messages[0]).toMatchObject({ role: "user", content: types.map((type) => ({ type })) });
});

test.each([
  ["a second image", { maxImageParts: 1 }, [dot, dot], "attachments[1]: a request can have at most 1 images"],
  [
    "a large image",
    { images: { maxBytes: 10 } },
    [dot],
    `attachments[0]: an image can have at most 10 bytes, this one has ${png.length}`,
  ],
  [
    "a text as an image",
    {},
    [{ type: "image", content: base64("hello") }],
    "attachments[0]: the bytes are not a PNG",
  ],
  [
    "invalid base64",
    {},
    [{ mimeType: "text/plain", content: "@@@" }],
    "attachments[0]: the data is not valid base64",
  ],
])(
  "%s is refused before anything is run or stored, in the words of HTTP",
  async (_, rules, attachments, why) => {
    const { model, modelCalls } = createModelSequence([says("ok")]);
    const gateway = await startTestGateway({ config: chatRules(rules), model });
    const socket = await connectTestSocket(gateway);
    const params = { sessionKey: "main", message: "Look.", attachments, idempotencyKey: "k1" };
    for (const method of ["agent", "chat.send", "chat.send"]) {
      const { ok, error } = await socket.call(method, { ...params, idempotencyKey: method });
      expect(ok).toBe(false);
      expect(error).toMatchObject({ code: "INVALID_REQUEST", message: expect.stringContaining(why) });
    }
    expect(modelCalls).toEqual([]);
    expect(await socket.request("sessions.list")).toMatchObject({ sessions: [] });
  },
);

test("URLs are not fetched, even when they are over HTTP", async () => {
  const web = await startWebServer((_, response) => response.end("hello"));
  const gateway = await startTestGateway({
    config: chatRules({ files: { allowUrl: true } }),
    fetch: createGuardedFetch({ policy: treatAsPublic("127.0.0.1") }),
  });
  const socket = await connectTestSocket(gateway);
  const { error } = await socket.call("agent", {
    message: "Look.",
    attachments: [{ content: `http://127.0.0.1:${web.port}/` }],
    idempotencyKey: "k1",
  });
  expect(error?.message).toBe("attachments[0]: the data is not valid base64");
  expect(web.connections()).toEqual([]);
});

test("an image larger than the limit before connect is accepted after it", async () => {
  const { model, modelCalls } = createModelSequence([says("ok")]);
  const gateway = await startTestGateway({ model });
  const socket = await connectTestSocket(gateway);
  const large = Buffer.concat([png, Buffer.alloc(6_000_000)]);
  const { id = "" } = await socket.call("agent", {
    message: "Look.",
    attachments: [{ ...dot, content: base64(large) }],
    idempotencyKey: "k1",
  });
  expect(await waitForFinalResponse(socket, id)).toMatchObject({ ok: true });
  expect(JSON.stringify(modelCalls[0]?.turns).length).toBeGreaterThan(8_000_000);
});
