/** The configuration in effect and where it comes from, and its file, to be edited where the credential may. */
import { useState } from "preact/hooks";
import type { VNode } from "preact";
import type { SocketMethods } from "openclaw-gateway-client/socket";
import { ConfigEditor } from "../components/config-editor.tsx";
import { SearchField } from "../components/search-field.tsx";
import { View } from "../components/view.tsx";
import { listSettings, toPatch, type Setting } from "../lib/settings.ts";
import { useLoad } from "../lib/use-load.ts";
import { can, describe, requireSocket } from "../store/connection.ts";
import { strings } from "../strings.ts";

const text = strings.config;
const maxShown = 200;

type Snapshot = SocketMethods["config.get"]["result"];
type Origin = NonNullable<Snapshot["origins"]>[number];

export function Configuration(): VNode {
  const [search, setSearch] = useState("");
  const [isFileOnly, setFileOnly] = useState(false);
  const { value, error, reload } = useLoad(async () => {
    const socket = requireSocket();
    const [snapshot, { schema }, { config: status }] = await Promise.all([
      socket.call("config.get"),
      socket.call("config.schema"),
      socket.call("status"),
    ]);
    return { snapshot, status, settings: listSettings(snapshot.config, schema) };
  });
  const words = search.toLowerCase();
  const origins = indexOrigins(value?.snapshot.origins ?? []);
  const matches = (value?.settings ?? []).filter(
    ({ path, description }) =>
      `${path} ${description}`.toLowerCase().includes(words) && (!isFileOnly || origins.has(path)),
  );
  return (
    <View
      title={strings.views.config}
      error={error}
      controls={
        <>
          {origins.size > 0 && (
            <label class="check">
              <input
                type="checkbox"
                checked={isFileOnly}
                onChange={({ currentTarget }) => setFileOnly(currentTarget.checked)}
              />
              {text.fileOnly}
            </label>
          )}
          <SearchField label={text.search} value={search} onSearch={setSearch} />
        </>
      }
    >
      {value !== undefined && (
        <>
          <Status snapshot={value.snapshot} {...value.status} />
          {value.snapshot.raw !== undefined && <ConfigEditor snapshot={value.snapshot} onChanged={reload} />}
          <div class="scroll" tabIndex={0}>
            <table class="matrix stacked settings">
              <thead>
                <tr>
                  <th scope="col">{text.setting}</th>
                  <th scope="col">{text.value}</th>
                  <th scope="col">{text.origin}</th>
                </tr>
              </thead>
              <tbody>
                {matches.length === 0 && (
                  <tr>
                    <td colSpan={3} class="muted">
                      {strings.noMatch}
                    </td>
                  </tr>
                )}
                {matches.slice(0, maxShown).map((setting) => (
                  <SettingRow
                    key={setting.path}
                    setting={setting}
                    origin={origins.get(setting.path)}
                    hash={value.snapshot.hash}
                    onChanged={reload}
                  />
                ))}
              </tbody>
            </table>
          </div>
          {matches.length > maxShown && <p class="muted">{text.more(matches.length - maxShown)}</p>}
          <p class="muted">{text.masked}</p>
        </>
      )}
    </View>
  );
}

/** Returns the origins by the path of the setting. A list is one setting: it has the origin of its first member. */
function indexOrigins(origins: readonly Origin[]): ReadonlyMap<string, Origin> {
  const index = new Map<string, Origin>();
  for (const origin of origins) {
    const names = origin.path.split(".");
    for (let length = 1; length <= names.length; length += 1) {
      const path = names.slice(0, length).join(".");
      if (!index.has(path)) index.set(path, origin);
    }
  }
  return index;
}

interface StatusProps {
  readonly snapshot: Snapshot;
  readonly applied: boolean;
  readonly restartRequired: readonly string[];
}

function Status({ snapshot: { issues, path, warnings = [] }, applied, restartRequired }: StatusProps): VNode {
  return (
    <>
      <p>
        {applied ? text.applied : text.notApplied} {path !== undefined && <code>{path}</code>}
      </p>
      {restartRequired.length > 0 && <p class="error">{`${text.restart} ${restartRequired.join(", ")}`}</p>}
      {issues.map((issue) => (
        <p key={issue} class="error">
          {issue}
        </p>
      ))}
      {warnings.length > 0 && (
        <details>
          <summary>{`${text.warnings} (${warnings.length})`}</summary>
          <ul>
            {warnings.map((warning) => (
              <li key={warning}>{warning}</li>
            ))}
          </ul>
        </details>
      )}
    </>
  );
}

interface SettingRowProps {
  readonly setting: Setting;
  readonly origin: Origin | undefined;
  readonly hash: string;
  readonly onChanged: () => void;
}

function SettingRow({ setting, origin, hash, onChanged }: SettingRowProps): VNode {
  const { path, value, description } = setting;
  const [draft, setDraft] = useState<string>();
  const [problem, setProblem] = useState<string>();
  const json = value === undefined ? "" : JSON.stringify(value);
  const save = async (): Promise<void> => {
    try {
      const raw = toPatch(path, draft === "" ? null : JSON.parse(draft ?? ""));
      await requireSocket().call("config.patch", { raw, ...(hash !== "" && { baseHash: hash }) });
      setDraft(undefined);
      setProblem(undefined);
      onChanged();
    } catch (thrown) {
      setProblem(describe(thrown));
    }
  };
  return (
    <tr>
      <th scope="row">
        <code>{path}</code>
        <div class="muted">{description}</div>
      </th>
      <td>
        {draft === undefined ? (
          <>
            <code>{json}</code>{" "}
            {can("operator.config") && (
              <button
                type="button"
                class="quiet"
                aria-label={`${text.change} ${path}`}
                onClick={() => setDraft(json)}
              >
                {text.change}
              </button>
            )}
          </>
        ) : (
          <form
            class="actions"
            onSubmit={(event) => {
              event.preventDefault();
              void save();
            }}
          >
            <input
              aria-label={text.newValue}
              title={text.newValue}
              autofocus
              value={draft}
              onInput={(event) => setDraft(event.currentTarget.value)}
            />
            <button class="primary">{strings.save}</button>
            <button type="button" onClick={() => setDraft(undefined)}>
              {strings.cancel}
            </button>
          </form>
        )}
        {problem !== undefined && (
          <p class="error" role="alert">
            {problem}
          </p>
        )}
      </td>
      <td class="muted">{describeOrigin(origin)}</td>
    </tr>
  );
}

function describeOrigin(origin: Origin | undefined): string {
  if (origin === undefined) return text.default;
  const { file, line, variables } = origin;
  const parts = [file, text.line(line), variables.length > 0 && text.variable(variables)];
  return parts.filter(Boolean).join(", ");
}
