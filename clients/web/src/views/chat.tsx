/** Talks to an agent: stored messages, live runs, and the composer. */
import { useSignal } from "@preact/signals";
import { useEffect, useLayoutEffect, useRef } from "preact/hooks";
import type { VNode } from "preact";
import { Composer } from "../components/composer.tsx";
import { CopyButton } from "../components/copy-button.tsx";
import { RunFooter, RunItems, Summary } from "../components/run-items.tsx";
import { ViewBar } from "../components/view-bar.tsx";
import { toCurl } from "../lib/curl.ts";
import { goTo, route } from "../lib/route.ts";
import { can, requireSocket } from "../store/connection.ts";
import * as conversation from "../store/conversation.ts";
import type { Entry } from "../store/history.ts";
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
  const lastMessage = useSignal("");
  return (
    <>
      <ViewBar title={session === undefined ? strings.views.chat : titleOf(session)}>
        <AgentChoice sessionKey={key} />
        {can("operator.write") && <RunSettings agentId={agentOf(key)} model={model} thinking={thinking} />}
        <CopyButton
          label={strings.chat.copyCurl}
          getText={() =>
            toCurl({
              origin: location.origin,
              agentId: agentOf(key),
              sessionKey: key,
              message: lastMessage.value === "" ? "Hello!" : lastMessage.value,
            })
          }
        />
      </ViewBar>
      <Messages sessionKey={key} />
      {can("operator.write", "run") && (
        <Composer
          sessionKey={key}
          isRunning={active !== undefined}
          onSend={(message, attachments) => {
            lastMessage.value = message;
            conversation.send(key, message, {
              attachments,
              model: model.value || undefined,
              thinking: thinking.value || undefined,
            });
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

const thinkingLevels = ["off", "low", "medium", "high"] as const;

interface RunSettingsProps {
  readonly agentId: string;
  readonly model: { value: string };
  readonly thinking: { value: string };
}

function RunSettings({ agentId, model, thinking }: RunSettingsProps): VNode {
  const models = useSignal<readonly string[]>([]);
  useEffect(() => {
    model.value = "";
    void requireSocket()
      .call("models.list", { agentId })
      .then(
        (list) => (models.value = list.models.map(({ id }) => id)),
        () => {},
      );
  }, [agentId]);
  return (
    <>
      {models.value.length > 1 && (
        <select
          aria-label={strings.chat.model}
          value={model.value}
          onChange={(event) => (model.value = event.currentTarget.value)}
        >
          <option value="">{`${strings.chat.model}: ${strings.chat.default}`}</option>
          {models.value.map((id) => (
            <option key={id}>{id}</option>
          ))}
        </select>
      )}
      <select
        aria-label={strings.chat.thinking}
        value={thinking.value}
        onChange={(event) => (thinking.value = event.currentTarget.value)}
      >
        <option value="">{`${strings.chat.thinking}: ${strings.chat.default}`}</option>
        {thinkingLevels.map((level) => (
          <option key={level}>{level}</option>
        ))}
      </select>
    </>
  );
}

function Messages({ sessionKey }: { readonly sessionKey: string }): VNode {
  const list = useRef<HTMLDivElement>(null);
  /** Follows the end until the reader scrolls away from it. */
  const isAtEnd = useRef(true);
  useLayoutEffect(() => {
    isAtEnd.current = true;
  }, [sessionKey]);
  useLayoutEffect(() => {
    if (isAtEnd.current) list.current?.scrollTo({ top: list.current.scrollHeight });
  });
  const entries = conversation.entries.value;
  return (
    <div
      class="messages"
      ref={list}
      tabIndex={0}
      role="region"
      aria-label={strings.views.chat}
      onScroll={({ currentTarget: { scrollHeight, scrollTop, clientHeight } }) => {
        isAtEnd.current = scrollHeight - scrollTop - clientHeight < 60;
      }}
    >
      {!can("operator.read") && <p class="muted">{strings.chat.noHistory}</p>}
      {conversation.historyError.value !== undefined && (
        <p class="error">{conversation.historyError.value}</p>
      )}
      {conversation.hasOlder.value && (
        <button type="button" class="quiet" onClick={() => void conversation.loadOlder()}>
          {strings.chat.older}
        </button>
      )}
      {entries.length === 0 && <p class="empty">{strings.chat.empty}</p>}
      {entries.map((entry) => (
        <ConversationEntry key={entry.key} entry={entry} />
      ))}
    </div>
  );
}

function ConversationEntry({ entry }: { readonly entry: Entry }): VNode {
  if (entry.kind !== "run")
    return entry.kind === "user" ? <UserMessage text={entry.text} /> : <Summary text={entry.text} />;
  const { items, run, cut } = entry;
  return (
    <article class="message run" aria-busy={run !== undefined && run.phase !== "ended"}>
      <RunItems items={items} />
      <RunFooter items={items} run={run} note={cut && strings.chat.cut[cut]} />
    </article>
  );
}

function UserMessage({ text }: { readonly text: string }): VNode {
  return (
    <article class="message user" aria-label={strings.chat.you}>
      {text}
    </article>
  );
}
