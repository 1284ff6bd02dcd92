/** The mutations of `npm run mutate`: one change each, with the tests that should notice it. */

export interface Mutation {
  readonly name: string;
  readonly file: string;
  /** A text that the file has once. */
  readonly from: string;
  readonly to: string;
  /** Files of tests, the quickest first. */
  readonly tests: readonly string[];
  /** Runs in every check. */
  readonly isQuick?: boolean;
  /** Why no test can notice it. */
  readonly survives?: string;
}

const replay = ["test/replay/replay.test.ts"];
const examples = ["test/contracts/examples.test.ts"];
const fields = ["test/contracts/fields.test.ts"];
const pins = ["test/pins.test.ts"];
const socketExamples = ["test/contracts/socket-catalogue.test.ts"];
const socketReplay = ["test/replay/socket.test.ts"];

export const mutations: readonly Mutation[] = [
  // Contracts: fields
  {
    name: "a reply's field is renamed",
    file: "contracts/http/models.ts",
    from: "owned_by: shortText()",
    to: "owner: shortText()",
    tests: examples,
  },
  {
    name: "a reply's field becomes optional",
    file: "contracts/http/models.ts",
    from: 'owned_by: shortText().describe("Always `openclaw`.")',
    to: 'owned_by: shortText().optional().describe("Always `openclaw`.")',
    tests: fields,
  },
  {
    name: "a request's field becomes required",
    file: "contracts/http/responses/input-items.ts",
    from: 'order: z.enum(["asc", "desc"]).optional()',
    to: 'order: z.enum(["asc", "desc"])',
    tests: examples,
  },
  {
    name: "a request's field becomes optional",
    file: "contracts/http/embeddings.ts",
    from: '    model: shortText().describe(\n      "The agent, as',
    to: '    model: shortText().optional().describe(\n      "The agent, as',
    tests: fields,
  },
  {
    name: "a value is added to an enum",
    file: "contracts/http/agent-headers.ts",
    from: '.enum(["tools"])',
    to: '.enum(["tools", "all"])',
    tests: fields,
    isQuick: true,
  },
  {
    name: "a value is dropped from an enum",
    file: "contracts/http/agent-headers.ts",
    from: '.enum(["tools"])',
    to: '.enum(["all"])',
    tests: examples,
  },
  // Contracts: codes, headers, statuses
  {
    name: "an error code is added",
    file: "contracts/http/models.ts",
    from: 'errors: ["model_not_found"]',
    to: 'errors: ["model_not_found", "tool_error"]',
    tests: pins,
    isQuick: true,
  },
  {
    name: "an error code is dropped",
    file: "contracts/http/models.ts",
    from: 'errors: ["model_not_found"]',
    to: "errors: []",
    tests: pins,
    isQuick: true,
  },
  {
    name: "a header is added",
    file: "contracts/http/idempotency.ts",
    from: '  "idempotency-replayed": shortText()',
    to: '  "idempotency-age": shortText().optional(),\n  "idempotency-replayed": shortText()',
    tests: pins,
    isQuick: true,
  },
  {
    name: "a header is renamed",
    file: "contracts/http/idempotency.ts",
    from: '"idempotency-replayed": shortText()',
    to: '"idempotency-repeated": shortText()',
    tests: pins,
  },
  {
    name: "a header is dropped",
    file: "contracts/http/health.ts",
    from: "  responses: { 200: Health },\n  replyHeaders: ProbeHeaders,",
    to: "  responses: { 200: Health },",
    tests: pins,
  },
  {
    name: "a header has another value",
    file: "contracts/http/health.ts",
    from: 'z.literal("no-store")',
    to: 'z.literal("no-cache")',
    tests: replay,
  },
  {
    name: "a status is another one",
    file: "contracts/idempotency-errors.ts",
    from: "status: 422",
    to: "status: 409",
    tests: pins,
  },
  {
    name: "a code may no longer be retried",
    file: "contracts/idempotency-errors.ts",
    from: "retry: true",
    to: "retry: false",
    tests: pins,
  },
  // Contracts: streams
  {
    name: "an SSE field is dropped",
    file: "contracts/http/responses/endpoint.ts",
    from: '  eventNames: "type",\n',
    to: "",
    tests: replay,
  },
  {
    name: "a stream has no sentinel",
    file: "contracts/http/chat/endpoint.ts",
    from: '  sentinel: "[DONE]",\n',
    to: "",
    tests: pins,
  },
  {
    name: "an SSE field is renamed",
    file: "contracts/sse.ts",
    from: "idLine}data",
    to: "idLine}date",
    tests: pins,
  },
  // Contracts: limits and defaults
  {
    name: "a limit is smaller",
    file: "contracts/http/embeddings.ts",
    from: "const maxTexts = 2_048",
    to: "const maxTexts = 2_000",
    tests: fields,
    isQuick: true,
  },
  {
    name: "a default is another one",
    file: "contracts/http/sessions.ts",
    from: "max: 200, default: 50",
    to: "max: 200, default: 20",
    tests: pins,
  },
  {
    name: "a default of the configuration is another one",
    file: "contracts/config/limits.ts",
    from: "10_000",
    to: "11_000",
    tests: pins,
  },
  // Contracts: examples
  {
    name: "an example has another text",
    file: "contracts/examples/chat-replies.ts",
    from: 'says("Noted.")',
    to: 'says("Noted!")',
    tests: replay,
  },
  {
    name: "an example has another message",
    file: "contracts/examples/sessions.ts",
    from: "send a `nextCursor` unchanged",
    to: "send `nextCursor` unchanged",
    tests: replay,
  },
  // Contracts: socket
  {
    name: "a result of a method is renamed",
    file: "contracts/socket/keys.ts",
    from: "requestsPerMinute: z\n      .int()\n      .nullable()",
    to: "perMinute: z\n      .int()\n      .nullable()",
    tests: socketExamples,
  },
  {
    name: "a result of a method becomes optional",
    file: "contracts/socket/keys.ts",
    from: "requestsPerMinute: z\n      .int()\n      .nullable()\n",
    to: "requestsPerMinute: z\n      .int()\n      .nullish()\n",
    tests: fields,
  },
  {
    name: "a param of a method is renamed",
    file: "contracts/socket/sessions.ts",
    from: 'params: params({ key: sessionKeyInput().describe("A full key',
    to: 'params: params({ sessionKey: sessionKeyInput().describe("A full key',
    tests: socketReplay,
  },
  {
    name: "a description is false",
    file: "contracts/idempotency-errors.ts",
    from: "The idempotency key was used for another request.",
    to: "The idempotency key was never used.",
    tests: ["test/docs/references.test.ts"],
    survives:
      "no test understands a sentence: the numbers in descriptions come from the constants, the rest is read in the review",
  },
  // Handlers
  {
    name: "events are in another order",
    file: "server/dialects/messages/block-writer.ts",
    from: `    emit({ type: "content_block_stop", index });
    index += 1;`,
    to: `    index += 1;
    emit({ type: "content_block_stop", index });`,
    tests: replay,
  },
  {
    name: "a handler adds a field",
    file: "server/http/health.ts",
    from: 'status: "live" }',
    to: 'status: "live", uptime: 1 } as { ok: true; status: "live" }',
    tests: replay,
  },
  {
    name: "a handler leaves out a field",
    file: "server/http/models.ts",
    from: 'owned_by: "openclaw"',
    to: "...{}",
    tests: replay,
  },
  {
    name: "a handler leaves out a header",
    file: "server/http/embeddings.ts",
    from: ', headers: { "x-openclaw-agent-id": agent.id }',
    to: "",
    tests: replay,
  },
  {
    name: "a stored answer has another header",
    file: "server/http/idempotency.ts",
    from: '"idempotency-replayed": "true"',
    to: '"idempotency-replay": "true"',
    tests: replay,
  },
  {
    name: "a handler throws another code",
    file: "server/http/models.ts",
    from: '"model_not_found"',
    to: '"not_found"',
    tests: replay,
  },
  {
    name: "a handler sends another status",
    file: "server/http/health.ts",
    from: "status: 503",
    to: "status: 500 as 503",
    tests: ["test/server/http-order.test.ts"],
  },
  {
    name: "a handler sends an event of another contract",
    file: "server/http/sessions-feed.ts",
    from: 'type: "message"',
    to: 'type: "messages" as "message"',
    tests: ["test/server/sessions-feed.test.ts"],
  },
];
