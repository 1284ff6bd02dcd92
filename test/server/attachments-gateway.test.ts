import type { ServerResponse } from "node:http";
import { Buffer } from "node:buffer";
import type OpenAI from "openai";
import { describe, expect, test } from "vitest";
import { says } from "../../contracts/examples/script.ts";
import type { ImagePart, ModelStream, ModelCall, Part, TextPart } from "../../server/agent/types.ts";
import { createGuardedFetch } from "../../server/fetch/guarded-fetch.ts";
import { chatConfig, postChat, startTestGateway } from "../support/gateway/gateway.ts";
import { createOpenAIClient } from "../support/clients/openai-client.ts";
import { createImagePdf, createTextPdf } from "../support/documents/pdf.ts";
import { dataUrl, png } from "../support/documents/images.ts";
import { createScriptedModel } from "../support/providers/scripted-model.ts";
import { treatAsPublic, startWebServer } from "../support/documents/web-server.ts";

type UserPart = OpenAI.ChatCompletionContentPart;

/** A model that keeps what it is shown. */
function createRecordingModel(): { readonly model: ModelStream; readonly calls: readonly ModelCall[] } {
  const calls: ModelCall[] = [];
  const model = createScriptedModel([says("ok")], (call) => calls.push({ ...call, turns: [...call.turns] }));
  return { model, calls };
}

const userParts = (call: ModelCall | undefined): readonly Part[] => {
  const turn = call?.turns.at(-1);
  return turn?.role === "user" ? turn.content : [];
};

const imageUrl = (url: string): UserPart => ({ type: "image_url", image_url: { url } });
const fileData = (file_data: string, filename?: string): UserPart => ({
  type: "file",
  file: { file_data, ...(filename === undefined ? {} : { filename }) },
});
const body = (...content: readonly UserPart[]): object => ({
  model: "openclaw",
  messages: [{ role: "user", content }],
});

const configWithUrls = (more: object = {}) => ({
  gateway: {
    http: {
      endpoints: {
        chatCompletions: {
          enabled: true,
          images: { allowUrl: true, ...more },
          files: { allowUrl: true, ...more },
        },
      },
    },
  },
});
/** Whatever is on this machine counts as public. */
const fetch = createGuardedFetch({ policy: treatAsPublic("127.0.0.1") });

test("the model receives an image, a PDF, a scan and a text that the official SDK sends", async () => {
  const { model, calls } = createRecordingModel();
  const gateway = await startTestGateway({ model });
  const page = Array.from({ length: 10 }, (_, line) => `Line ${line} of the quarterly report`).join("\n");
  await createOpenAIClient(gateway).chat.completions.create({
    model: "openclaw",
    messages: [
      {
        role: "user",
        content: [
          { type: "text", text: "What is all this?" },
          imageUrl(dataUrl("image/png", png)),
          fileData(dataUrl("application/pdf", createTextPdf([page])), "report.pdf"),
          fileData(dataUrl("application/pdf", createImagePdf()), "scan.pdf"),
          fileData(dataUrl("text/csv", "a,b\n1,2"), "table.csv"),
        ],
      },
    ],
  });
  const parts = userParts(calls[0]);
  expect(parts.map(({ type }) => type)).toEqual(["text", "image", "text", "text", "image", "text"]);
  expect(parts[0]).toEqual({ type: "text", text: "What is all this?" });
  expect(parts[1]).toMatchObject({ mediaType: "image/png", data: png.toString("base64") });
  expect((parts[2] as TextPart).text).toContain(`begin file "report.pdf" (PDF, 1 pages). `);
  expect((parts[2] as TextPart).text).toContain(page);
  expect(parts[4]).toMatchObject({ mediaType: "image/jpeg" });
  expect(Buffer.from((parts[4] as ImagePart).data, "base64").subarray(0, 2)).toEqual(
    Buffer.from([0xff, 0xd8]),
  );
  expect((parts[5] as TextPart).text).toContain("\na,b\n1,2\n");
});

test("a question with a file that is sent again matches the stored one", async () => {
  const { model, calls } = createRecordingModel();
  const gateway = await startTestGateway({ model });
  const question = { ...body(fileData(dataUrl("text/plain", "notes"), "a.txt")), user: "ada" };
  for (let times = 0; times < 2; times += 1) expect((await postChat(gateway.url, question)).status).toBe(200);
  expect(calls.map(({ turns }) => turns.length)).toEqual([1, 1]);
  expect(calls[1]?.turns).toEqual(calls[0]?.turns);
});

describe("a rejected attachment", () => {
  const getRejection = async (part: object, config = chatConfig, more: object = {}): Promise<unknown> => {
    const gateway = await startTestGateway({ config, model: createScriptedModel([says("no")]) });
    const messages = [
      { role: "system", content: "Be brief." },
      { role: "user", content: [{ type: "text", text: "Look:" }, part] },
    ];
    const response = await postChat(gateway.url, { model: "openclaw", messages, ...more });
    expect(response.status).toBe(400);
    return ((await response.json()) as { readonly error: unknown }).error;
  };
  const param = "messages[1].content[1]";
  const unsupported = (rule: string): object => ({
    type: "invalid_request_error",
    code: "unsupported_value",
    param,
    message: `${param}: ${rule}`,
  });

  test("is a 400 that names the part and the rule, streamed or not", async () => {
    const notFetched = unsupported(
      "URLs are not fetched; send a data: URL, or set gateway.http.endpoints.chatCompletions.images.allowUrl to true",
    );
    const part = imageUrl("https://example.com/a.png");
    expect(await getRejection(part)).toEqual(notFetched);
    expect(await getRejection(part, chatConfig, { stream: true })).toEqual(notFetched);
  });

  test("names a missing file and sound", async () => {
    expect(await getRejection({ type: "file", file: { filename: "a.txt" } })).toMatchObject({
      code: "invalid_value",
      message: `${param}: file.file_data or file.file_id is required`,
    });
    expect(await getRejection({ type: "input_audio", input_audio: { data: "AAAA", format: "wav" } })).toEqual(
      unsupported("audio is not supported; send text or images"),
    );
  });

  test("reveals nothing about an internal URL", async () => {
    const web = await startWebServer((_, response) => response.end("inside"));
    const noAnswer = unsupported("the URL was not fetched: it is not a public address, or does not answer");
    // The real rules: the port of this server is refused, and the usual ones lead nowhere from here.
    for (const host of ["127.0.0.1", "localhost", "[::1]", "169.254.169.254", "nowhere.invalid"])
      expect(
        await getRejection(imageUrl(`http://${host}/`), configWithUrls({ timeoutMs: 30_000 })),
        host,
      ).toEqual(noAnswer);
    expect(await getRejection(imageUrl(`http://127.0.0.1:${web.port}/`), configWithUrls())).toEqual(
      unsupported(`the URL was not fetched: port ${web.port} is not allowed; use 80, 443, 8080 or 8443`),
    );
    expect(web.connections()).toEqual([]);
  });
});

describe("with URLs allowed", () => {
  test("images and files are fetched, a few at a time", async () => {
    const { model, calls } = createRecordingModel();
    const gateway = await startTestGateway({ model, fetch, config: configWithUrls() });
    let open = 0;
    let maxOpen = 0;
    const isFull = Promise.withResolvers<void>();
    const answer = async (path: string, response: ServerResponse): Promise<void> => {
      await isFull.promise;
      open -= 1;
      if (path === "/report.csv") response.setHeader("content-type", "text/csv").end("a,b");
      else response.setHeader("content-type", "text/plain").end(png);
    };
    const web = await startWebServer(({ url = "" }, response) => {
      open += 1;
      maxOpen = Math.max(maxOpen, open);
      if (open === 4) isFull.resolve();
      void answer(url, response);
    });
    const urlOf = (path: string): string => `http://127.0.0.1:${web.port}${path}`;
    const pictures = Array.from({ length: 7 }, (_, index) => imageUrl(urlOf(`/${index}.png`)));
    const response = await postChat(gateway.url, body(...pictures, fileData(urlOf("/report.csv"))));
    expect(response.status).toBe(200);
    const parts = userParts(calls[0]);
    expect(parts.slice(0, 7)).toEqual(
      pictures.map(() => ({ type: "image", mediaType: "image/png", data: png.toString("base64") })),
    );
    expect((parts[7] as TextPart).text).toMatch(/begin file "report\.csv"\. .*\na,b\n/);
    expect(maxOpen).toBe(4);
  });

  test("a server that fails, sends too much or an unsupported type is a 400 with the reason", async () => {
    const web = await startWebServer((request, response) => {
      if (request.url === "/gone") response.writeHead(404).end();
      else if (request.url === "/film") response.setHeader("content-type", "video/mp4").end();
      else response.end(Buffer.alloc(2_000, "x"));
    });
    const config = configWithUrls({ maxBytes: 1_000, urlAllowlist: ["127.0.0.1"] });
    const gateway = await startTestGateway({ fetch, config, model: createScriptedModel([says("no")]) });
    const message = async (url: string): Promise<unknown> => {
      const response = await postChat(gateway.url, body(imageUrl(url)));
      expect(response.status).toBe(400);
      return ((await response.json()) as { error: { message: unknown } }).error.message;
    };
    const at = `http://127.0.0.1:${web.port}`;
    const start = "messages[0].content[0]: the URL was not fetched:";
    expect(await message(`${at}/gone`)).toBe(`${start} the server answered 404`);
    expect(await message(`${at}/film`)).toBe(`${start} its type video/mp4 is not accepted`);
    expect(await message(`${at}/large`)).toBe(`${start} it is larger than 1000 bytes`);
    expect(await message(`http://localhost:${web.port}/`)).toBe(`${start} its host is not on the allowlist`);
  });

  test("a fetch is aborted when the caller disconnects", async () => {
    const requested = Promise.withResolvers<void>();
    const closed = Promise.withResolvers<void>();
    const web = await startWebServer((request) => {
      request.socket.on("close", () => closed.resolve());
      requested.resolve();
    });
    const gateway = await startTestGateway({
      fetch,
      config: configWithUrls(),
      model: createScriptedModel([says("no")]),
    });
    const caller = new AbortController();
    const url = `http://127.0.0.1:${web.port}/`;
    const response = postChat(gateway.url, body(imageUrl(url)), { signal: caller.signal });
    await requested.promise;
    caller.abort();
    await expect(response).rejects.toThrow();
    await closed.promise;
    expect(gateway.log.filter((line) => /"level":(50|"error")/.test(line))).toEqual([]);
  });
});
