/** Calls the hooks of a test gateway with their token. */
import type { ConfigInput } from "../../../contracts/config/config.ts";
import type { TestGateway } from "./gateway.ts";

export const hookToken = "hook-token-fedcba9876543210abcd";

export const createHooksConfig = (hooks: ConfigInput["hooks"] = {}): ConfigInput => ({
  gateway: { http: { endpoints: { chatCompletions: { enabled: true } } } },
  agents: { list: [{ id: "main" }, { id: "coder" }] },
  hooks: { enabled: true, token: hookToken, ...hooks },
});

export interface HookAnswer {
  readonly status: number;
  readonly headers: Headers;
  readonly body: {
    readonly ok: boolean;
    readonly runId?: string;
    readonly eventOutcome?: string;
    readonly completion?: object;
    readonly error?: { readonly code: string; readonly param: string | null; readonly message: string };
  };
}

/** Sends a request with the token of hooks, or with other headers. */
export async function postHook(
  { url }: Pick<TestGateway, "url">,
  path: string,
  body: object,
  headers: Readonly<Record<string, string>> = { authorization: `Bearer ${hookToken}` },
): Promise<HookAnswer> {
  const response = await fetch(url + path, {
    method: "POST",
    headers: { "content-type": "application/json", ...headers },
    body: JSON.stringify(body),
  });
  return {
    status: response.status,
    headers: response.headers,
    body: (await response.json()) as HookAnswer["body"],
  };
}

/** Starts a run with the message "Look.", unless the body has another one. */
export const runHook = (
  gateway: Pick<TestGateway, "url">,
  body: object = {},
  headers?: Readonly<Record<string, string>>,
): Promise<HookAnswer> => postHook(gateway, "/hooks/agent", { message: "Look.", ...body }, headers);

/** Queues a system event. */
export const wakeSession = (gateway: Pick<TestGateway, "url">, body: object): Promise<HookAnswer> =>
  postHook(gateway, "/hooks/wake", body);

/** Returns the status of an error, its code, and the field that it names. */
export const readHookError = ({ status, body }: HookAnswer): readonly unknown[] => [
  status,
  body.error?.code,
  body.error?.param,
];
