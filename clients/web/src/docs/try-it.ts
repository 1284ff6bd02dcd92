/**
 * "Try it" of /docs: a dialog that sends a request of any operation. The credential is in the memory of the tab only: it is
 * neither stored nor sent to another host, which the policy of the page forbids too.
 */
import { listOperations, type OpenApiDocument, type Operation, type Parameter } from "./operations.ts";
import { createRequest, readText } from "./send.ts";

type Attributes = Readonly<Record<string, string>>;

function createElement<K extends keyof HTMLElementTagNameMap>(
  name: K,
  attributes: Attributes = {},
  ...children: readonly (Node | string)[]
): HTMLElementTagNameMap[K] {
  const element = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  element.append(...children);
  return element;
}

const createLabel = (text: string, field: HTMLElement): HTMLElement =>
  createElement("label", {}, createElement("span", {}, text), field);

const openButton = createElement("button", { type: "button", class: "try-it-open" }, "Try it");
const dialog = createElement("dialog", { class: "try-it", "aria-label": "Try it" });
const token = createElement("input", { type: "password", autocomplete: "off", spellcheck: "false" });
const operationList = createElement("select");
const fields = createElement("div");
const sendButton = createElement("button", { type: "submit" }, "Send");
const stopButton = createElement("button", { type: "button", disabled: "" }, "Stop");
const closeButton = createElement("button", { type: "button", "aria-label": "Close" }, "×");
const status = createElement("p", { role: "status" });
const headers = createElement("pre");
const headerDetails = createElement(
  "details",
  { hidden: "" },
  createElement("summary", {}, "Headers"),
  headers,
);
const output = createElement("pre", { tabindex: "0", "aria-label": "Answer" });
const form = createElement(
  "form",
  {},
  createElement("header", {}, createElement("h2", {}, "Try it"), closeButton),
  createLabel("Credential (in the memory of this tab only)", token),
  createLabel("Operation", operationList),
  fields,
  createElement("div", { class: "actions" }, sendButton, stopButton),
  status,
  headerDetails,
  output,
);
dialog.append(form);
document.body.append(openButton, dialog);

let operations: readonly Operation[] = [];
/** The fields of the operation, which read what a request of it has. */
let inputs: {
  readonly parameters: readonly (readonly [Parameter, HTMLInputElement])[];
  readonly body: HTMLTextAreaElement | undefined;
  readonly files: readonly (readonly [string, HTMLInputElement])[];
} = { parameters: [], body: undefined, files: [] };
let running: AbortController | undefined;

/** The operation that the page shows. The fragment of its address ends with the id, in lower case. */
const findDisplayed = (): Operation | undefined =>
  operations.find(({ id }) => id.toLowerCase() === location.hash.split("/").at(-1)?.toLowerCase());

async function loadOperations(): Promise<void> {
  if (operations.length > 0) return;
  showAnswer("Loading the operations…");
  const response = await fetch(new URL("./openapi.json", location.href));
  operations = listOperations((await response.json()) as OpenApiDocument);
  const tags = [...new Set(operations.map(({ tag }) => tag))];
  operationList.replaceChildren(
    ...tags.map((tag) =>
      createElement(
        "optgroup",
        { label: tag },
        ...operations
          .filter((operation) => operation.tag === tag)
          .map(({ id, summary, method, path }) =>
            createElement("option", { value: id }, `${summary} — ${method} ${path}`),
          ),
      ),
    ),
  );
}

function showOperation(): void {
  const operation = findSelected();
  if (operation === undefined) return;
  const createInput = (parameter: Parameter): readonly [Parameter, HTMLInputElement] => {
    const input = createElement("input", { value: parameter.value, spellcheck: "false" });
    input.required = parameter.isRequired;
    return [parameter, input];
  };
  const parameters = operation.parameters.map(createInput);
  const toLabel = ([{ name, in: place }, input]: readonly [Parameter, HTMLInputElement]): HTMLElement =>
    createLabel(`${name} (${place})`, input);
  const required = parameters.filter(([{ isRequired }]) => isRequired);
  const optional = parameters.filter(([{ isRequired }]) => !isRequired);
  const files = (operation.body?.files ?? []).map(
    (name) => [name, createElement("input", { type: "file", required: "" })] as const,
  );
  const body = operation.body && createElement("textarea", { rows: "10", spellcheck: "false" });
  inputs = { parameters, body, files };
  fields.replaceChildren(
    ...required.map(toLabel),
    ...(optional.length === 0
      ? []
      : [
          createElement(
            "details",
            {},
            createElement("summary", {}, `Optional parameters (${optional.length})`),
            ...optional.map(toLabel),
          ),
        ]),
    ...files.map(([name, input]) => createLabel(name, input)),
    ...(body === undefined ? [] : createBodyFields(operation, body)),
  );
  showAnswer("");
}

/** The examples of the body, of which the first is in the field. */
function createBodyFields({ body }: Operation, field: HTMLTextAreaElement): readonly HTMLElement[] {
  const { examples = [], isForm = false } = body ?? {};
  const list = createElement(
    "select",
    {},
    ...examples.map(({ title }, index) => createElement("option", { value: String(index) }, title)),
  );
  const fill = (): void => {
    field.value = examples[Number(list.value)]?.text ?? "";
  };
  list.addEventListener("change", fill);
  fill();
  return [createLabel("Example", list), createLabel(isForm ? "Fields (JSON)" : "Body (JSON)", field)];
}

const findSelected = (): Operation | undefined => operations.find(({ id }) => id === operationList.value);

function showAnswer(line: string): void {
  status.textContent = line;
  output.textContent = "";
  headerDetails.hidden = true;
}

async function send(): Promise<void> {
  const operation = findSelected();
  if (operation === undefined) return;
  const controller = new AbortController();
  running = controller;
  sendButton.disabled = true;
  stopButton.disabled = false;
  showAnswer("Sending…");
  const startedAt = performance.now();
  const formatTime = (): string => `${Math.round(performance.now() - startedAt)} ms`;
  try {
    const files = inputs.files.flatMap(([name, { files: chosen }]) =>
      chosen?.[0] === undefined ? [] : [[name, chosen[0]] as const],
    );
    const request = createRequest(
      {
        operation,
        token: token.value.trim(),
        parameters: inputs.parameters
          .map(([{ name, in: place }, { value }]) => ({ name, in: place, value }))
          .filter(({ value }) => value !== ""),
        text: inputs.body?.value ?? "",
        files: Object.fromEntries(files),
      },
      controller.signal,
    );
    const response = await fetch(request);
    const line = `${response.status} ${response.statusText}`.trim();
    status.textContent = line;
    headers.textContent = [...response.headers].map(([name, value]) => `${name}: ${value}`).join("\n");
    headerDetails.hidden = false;
    await readText(response, (part) => output.append(part));
    if (response.headers.get("content-type")?.startsWith("application/json") === true)
      output.textContent = JSON.stringify(JSON.parse(output.textContent), null, 2);
    status.textContent = `${line} · ${formatTime()}`;
  } catch (error) {
    status.textContent = controller.signal.aborted
      ? `Stopped · ${formatTime()}`
      : `Failed: ${error instanceof Error ? error.message : String(error)}`;
  } finally {
    running = undefined;
    sendButton.disabled = false;
    stopButton.disabled = true;
  }
}

async function open(): Promise<void> {
  dialog.showModal();
  try {
    await loadOperations();
  } catch (error) {
    return showAnswer(`The operations cannot be loaded: ${String(error)}`);
  }
  const displayed = findDisplayed();
  if (fields.childElementCount > 0 && (displayed === undefined || displayed === findSelected())) return;
  if (displayed !== undefined) operationList.value = displayed.id;
  showOperation();
}

openButton.addEventListener("click", () => void open());
closeButton.addEventListener("click", () => dialog.close());
stopButton.addEventListener("click", () => running?.abort());
dialog.addEventListener("close", () => running?.abort());
operationList.addEventListener("change", showOperation);
form.addEventListener("submit", (event) => {
  event.preventDefault();
  void send();
});
