/** Each operation of the gateway with a form that calls it, with the credential of this tab. */
import { useEffect, useRef, useState } from "preact/hooks";
import type { VNode } from "preact";
import type { GatewaySocket } from "openclaw-gateway-client/socket";
import { CopyButton } from "../components/copy-button.tsx";
import { SearchField } from "../components/search-field.tsx";
import { View } from "../components/view.tsx";
import { showHiddenCharacters } from "../lib/format.ts";
import { loadOperations, send, type Operation, type Reply } from "../lib/operations.ts";
import { goTo, route, toHash } from "../lib/route.ts";
import { useLoad } from "../lib/use-load.ts";
import { describe, getCredential, requireSocket } from "../store/connection.ts";
import { strings } from "../strings.ts";

const text = strings.api;

/** Methods of the socket look like operations. Their only parameter is the body. */
const toSocketOperation = (name: string): Operation => ({
  id: name,
  method: text.socket,
  path: name,
  tag: text.socket,
  summary: "",
  description: "",
  parameters: [],
  body: "{}",
});

export function Api(): VNode {
  const { value: http = [], error } = useLoad(loadOperations);
  const [filter, setFilter] = useState("");
  const operations = [...http, ...requireSocket().hello.features.methods.map(toSocketOperation)];
  const words = filter.toLowerCase();
  const matches = operations.filter(({ id, path, summary }) =>
    `${id} ${path} ${summary}`.toLowerCase().includes(words),
  );
  const current = operations.find(({ id }) => id === route.value.id);
  return (
    <View
      title={strings.views.api}
      error={error}
      controls={
        <a href="/docs" target="_blank" rel="noopener">
          {text.docs}
        </a>
      }
    >
      <div class="split">
        <div>
          <SearchField
            label={text.filter}
            value={filter}
            onSearch={setFilter}
            onEnter={() => {
              if (matches[0] !== undefined) goTo("api", matches[0].id);
            }}
          />
          <ul class="rows operations">
            {matches.map(({ id, method, path, summary }) => (
              <li key={`${method} ${id}`}>
                <a href={toHash("api", id)} aria-current={id === current?.id ? "true" : undefined}>
                  <code>
                    <span class="method">{method}</span> <span>{path}</span>
                  </code>
                  <span class="muted">{summary}</span>
                </a>
              </li>
            ))}
          </ul>
        </div>
        {current === undefined ? (
          <p class="muted">{text.choose}</p>
        ) : (
          <OperationForm key={current.id} operation={current} />
        )}
      </div>
    </View>
  );
}

function OperationForm({ operation }: { readonly operation: Operation }): VNode {
  const { method, path, summary, description, parameters } = operation;
  const [values, setValues] = useState<Readonly<Record<string, string>>>({});
  const [body, setBody] = useState(operation.body);
  const [reply, setReply] = useState<Reply>();
  const [problem, setProblem] = useState<string>();
  const [isBusy, setBusy] = useState(false);
  const controller = useRef<AbortController>();
  useEffect(() => () => controller.current?.abort(), []);
  const call = async (): Promise<void> => {
    const { signal } = (controller.current = new AbortController());
    setBusy(true);
    setProblem(undefined);
    setReply(undefined);
    try {
      if (method === text.socket) setReply(await callMethod(path, body ?? "{}", signal));
      else await send(operation, values, { body, credential: getCredential(), signal }, setReply);
    } catch (thrown) {
      if (!signal.aborted) setProblem(describe(thrown));
    }
    setBusy(false);
  };
  return (
    <form
      class="form operation"
      onSubmit={(event) => {
        event.preventDefault();
        void call();
      }}
    >
      <h2>
        {method} {path}
      </h2>
      {summary !== "" && <p>{`${summary}. ${description}`}</p>}
      {method !== "GET" && method !== text.socket && <p class="muted">{text.changes}</p>}
      {parameters.map(({ name, in: place, required, description: meaning }) => (
        <label key={name}>
          <span>
            <code>{name}</code> <span class="muted">{place}</span>
          </span>
          <input
            name={name}
            required={required}
            title={meaning}
            autocomplete="off"
            value={values[name] ?? ""}
            onInput={(event) => setValues({ ...values, [name]: event.currentTarget.value })}
          />
        </label>
      ))}
      {body !== undefined && (
        <label>
          {method === text.socket ? text.params : text.body}
          <textarea
            class="code"
            rows={8}
            spellcheck={false}
            value={body}
            onInput={(event) => setBody(event.currentTarget.value)}
          />
        </label>
      )}
      <div class="actions">
        <button class="primary" disabled={isBusy}>
          {text.send}
        </button>
        {isBusy && (
          <button type="button" onClick={() => controller.current?.abort()}>
            {text.abort}
          </button>
        )}
        {reply !== undefined && <CopyButton getText={() => reply.text} />}
      </div>
      {problem !== undefined && (
        <p class="error" role="alert">
          {problem}
        </p>
      )}
      {reply !== undefined && (
        <>
          <h3 role="status">{`${text.response} ${reply.status === 0 ? "" : reply.status}`}</h3>
          {reply.headers !== "" && (
            <pre class="muted" tabIndex={0}>
              {reply.headers}
            </pre>
          )}
          <pre tabIndex={0}>{showHiddenCharacters(format(reply.text))}</pre>
        </>
      )}
    </form>
  );
}

async function callMethod(name: string, params: string, signal: AbortSignal): Promise<Reply> {
  // The name comes from hello, and the person writes the params: no type can know them.
  const call = requireSocket().call as (
    ...args: [method: string, params: unknown, options: { signal: AbortSignal }]
  ) => ReturnType<GatewaySocket["call"]>;
  const result: unknown = await call(name, JSON.parse(params), { signal });
  return { status: 0, headers: "", text: JSON.stringify(result) };
}

/** Indents JSON; anything else stays as it is. */
function format(json: string): string {
  try {
    return JSON.stringify(JSON.parse(json), null, 2);
  } catch {
    return json;
  }
}
