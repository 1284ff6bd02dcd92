/** Talks to an agent: stored messages, live runs, and the composer. */
import { useSignal, type Signal } from "@preact/signals";
import { useEffect, useMemo, useState } from "preact/hooks";
import type { VNode } from "preact";
import { Composer } from "../components/composer.tsx";
import { ConversationEntry, type EntryActions } from "../components/conversation-entry.tsx";
import { CopyAs } from "../components/copy-as.tsx";
import { MessageList } from "../components/message-list.tsx";
import { ViewBar } from "../components/view-bar.tsx";
import { goTo, route } from "../lib/route.ts";
import { toSnippet } from "../lib/snippets.ts";
import { useLoad } from "../lib/use-load.ts";
import { useActiveRuns } from "../store/active-runs.ts";
import { can, describe, requireSocket } from "../store/connection.ts";
import * as conversation from "../store/conversation.ts";
import type { Run } from "../store/run.ts";
import { agents, recentSessions, titleOf } from "../store/store.ts";
import { strings } from "../strings.ts";

/** `agent:<id>:<key>` */
const agentOf = (key: string): string => key.split(":")[1] ?? "";

export function Chat(): VNode {
  const key = route.value.id ?? requireSocket().hello.snapshot.sessionDefaults.mainSessionKey;
  useEffect(() => conversation.openSession(key), [key]);
  const model = useSignal("");
  const thinking = useSignal("");
  const session = recentSessions.value.find((each) => each.key === key);
  const active = conversation.activeRun.value;
  const options = (): conversation.SendOptions => ({
    model: model.value || undefined,
    thinking: thinking.value || undefined,
  });
  useActiveRuns(active?.phase === "waiting" || conversation.hasQueue.value);
  return (
    <>
      <ViewBar title={session === undefined ? strings.views.chat : titleOf(session)}>
        <AgentChoice sessionKey={key} />
        {can("operator.write") && (
          <RunSettings key={agentOf(key)} agentId={agentOf(key)} model={model} thinking={thinking} />
        )}
        <CopyAs
          getText={(language) =>
            toSnippet(language, {
              origin: location.origin,
              agentId: agentOf(key),
              sessionKey: key,
              message: findLastMessage() ?? "Hello!",
            })
          }
        />
      </ViewBar>
      <Messages key={key} sessionKey={key} options={options} />
      {can("operator.write", "run") && (
        <Composer
          sessionKey={key}
          isRunning={active !== undefined}
          onSend={(message, attachments) => {
            conversation.send(key, message, { ...options(), attachments });
          }}
          onStop={() => active && void conversation.stop(key, active.id)}
        />
      )}
      <p class="visually-hidden" role="status">
        {describeProgress(active, conversation.entries.value.length)}
      </p>
    </>
  );
}

/** Few words, not every token: a screen reader reads each change aloud. */
function describeProgress(active: Run | undefined, count: number): string {
  if (active === undefined) return count > 0 ? strings.chat.done : "";
  const tool = active.items.findLast((item) => item.kind === "tool");
  return tool?.kind === "tool" && tool.state === "running"
    ? `${tool.name}: ${strings.tool.running}`
    : strings.chat.working;
}

function AgentChoice({ sessionKey }: { readonly sessionKey: string }): VNode | null {
  const list = agents.value?.agents ?? [];
  if (list.length < 2) return null;
  const change = async (agentId: string): Promise<void> => {
    const { key } = await requireSocket().call("sessions.create", { agentId, key: "main" });
    goTo("chat", key);
  };
  return (
    <select
      aria-label={strings.chat.agent}
      value={agentOf(sessionKey)}
      onChange={(event) => void change(event.currentTarget.value)}
    >
      {list.map(({ id, name }) => (
        <option key={id} value={id}>
          {name ?? id}
        </option>
      ))}
    </select>
  );
}

interface RunSettingsProps {
  readonly agentId: string;
  readonly model: Signal<string>;
  readonly thinking: Signal<string>;
}

/** The models that the agent may use, and the levels of thinking that the selected one knows. */
function RunSettings({ agentId, model, thinking }: RunSettingsProps): VNode {
  const { value } = useLoad(() => requireSocket().call("models.list", { agentId, includeDetails: true }));
  const models = value?.models ?? [];
  useEffect(() => {
    model.value = "";
  }, []);
  const selected = models.find(({ id }) => id === model.value) ?? models[0];
  const { thinkingLevels = [] } = selected ?? {};
  useEffect(() => {
    if (!thinkingLevels.some((level) => level === thinking.value)) thinking.value = "";
  }, [selected]);
  return (
    <>
      {models.length > 1 && (
        <SettingSelect label={strings.chat.model} options={models.map(({ id }) => id)} setting={model} />
      )}
      {thinkingLevels.length > 0 && (
        <SettingSelect label={strings.chat.thinking} options={thinkingLevels} setting={thinking} />
      )}
    </>
  );
}

interface SettingSelectProps {
  readonly label: string;
  readonly options: readonly string[];
  /** Empty for the default. */
  readonly setting: Signal<string>;
}

function SettingSelect({ label, options, setting }: SettingSelectProps): VNode {
  return (
    <select
      aria-label={label}
      value={setting.value}
      onChange={(event) => (setting.value = event.currentTarget.value)}
    >
      <option value="">{`${label}: ${strings.chat.default}`}</option>
      {options.map((option) => (
        <option key={option}>{option}</option>
      ))}
    </select>
  );
}

interface MessagesProps {
  readonly sessionKey: string;
  readonly options: () => conversation.SendOptions;
}

function Messages({ sessionKey, options }: MessagesProps): VNode {
  const entries = conversation.entries.value;
  const [problem, setProblem] = useState("");
  const canChange =
    can("operator.write") && can("operator.read") && conversation.activeRun.value === undefined;
  const actions = useMemo(
    () => createActions(sessionKey, options, (error) => setProblem(describe(error))),
    [],
  );
  return (
    <MessageList
      entries={entries}
      renderEntry={(entry) => (
        <ConversationEntry
          entry={entry}
          actions={canChange && entry.seq !== undefined ? actions : undefined}
        />
      )}
      hasOlder={conversation.hasOlder.value}
      canLoadOlder={conversation.historyError.value === undefined}
      loadOlder={() => void conversation.loadOlder()}
      footer={
        problem !== "" && (
          <p class="error" role="alert">
            {problem}
          </p>
        )
      }
    >
      {!can("operator.read") && <p class="muted">{strings.chat.noHistory}</p>}
      {conversation.historyError.value !== undefined && (
        <p class="error" role="alert">
          {conversation.historyError.value}
        </p>
      )}
      {entries.length === 0 && !conversation.isLoading.value && (
        <Welcome
          agentId={agentOf(sessionKey)}
          onAsk={(text) => conversation.send(sessionKey, text, options())}
        />
      )}
    </MessageList>
  );
}

interface WelcomeProps {
  readonly agentId: string;
  readonly onAsk: (text: string) => void;
}

/** An empty chat names the agent and its model. With the built-in model it offers messages to try. */
function Welcome({ agentId, onAsk }: WelcomeProps): VNode {
  const agent = agents.value?.agents.find(({ id }) => id === agentId);
  const model = typeof agent?.model === "object" ? agent.model.primary : agent?.model;
  const canAsk = can("operator.write", "run");
  return (
    <div class="empty">
      <h2>{strings.chat.empty(agent?.name ?? agentId)}</h2>
      {model !== undefined && <p>{strings.chat.answers(model)}</p>}
      {canAsk && <p>{strings.chat.keys}</p>}
      {canAsk && model?.startsWith("builtin/") === true && (
        <div class="try">
          {strings.chat.tries.map((text) => (
            <button key={text} type="button" onClick={() => onAsk(text)}>
              {text}
            </button>
          ))}
        </div>
      )}
    </div>
  );
}

function findLastMessage(): string | undefined {
  const entry = conversation.entries.value.findLast(({ kind }) => kind === "user");
  return entry?.kind === "user" ? entry.text : undefined;
}

function createActions(
  key: string,
  options: () => conversation.SendOptions,
  onError: (error: unknown) => void,
): EntryActions {
  return {
    edit: (entry, text) => void conversation.replaceMessage(key, entry, text, options()).catch(onError),
    askAgain(runId) {
      const question = conversation.entries.value.find(
        (entry) => entry.kind === "user" && entry.runId === runId,
      );
      if (question?.kind !== "user") return;
      void conversation.replaceMessage(key, question, question.text, options()).catch(onError);
    },
    branch: (seq) => void conversation.branch(key, seq).then((newKey) => goTo("chat", newKey), onError),
  };
}
