/** Who did what, the latest first, and whether the record is whole. */
import { useState } from "preact/hooks";
import type { VNode } from "preact";
import type { AuditPage } from "openclaw-gateway-client";
import { Row, Rows, View } from "../components/view.tsx";
import { download } from "../lib/download.ts";
import { formatTime } from "../lib/format.ts";
import { toHash } from "../lib/route.ts";
import { useLoad } from "../lib/use-load.ts";
import { createHttpClient } from "../store/connection.ts";
import { strings } from "../strings.ts";

const text = strings.audit;
const pageSize = 200;

type Entry = AuditPage["data"][number];

export function Audit(): VNode {
  const [filter, setFilter] = useState({ action: "", actor: "" });
  const [pages, setPages] = useState(1);
  const { value, error } = useLoad(async () => {
    const { audit } = createHttpClient();
    const verification = await audit.verify();
    // The API counts upwards: the latest page begins so many entries before the end.
    const after = Math.max(0, verification.lastSeq - pages * pageSize);
    const { data } = await audit.list({
      after,
      limit: Math.min(1_000, pages * pageSize),
      ...(filter.action !== "" && { action: filter.action }),
      ...(filter.actor !== "" && { actor: filter.actor }),
    });
    return { verification, entries: data.toReversed(), hasOlder: after > 0 && pages * pageSize < 1_000 };
  }, [filter, pages]);
  const entries = value?.entries ?? [];
  return (
    <View
      title={strings.views.audit}
      error={error}
      controls={
        <>
          {(["action", "actor"] as const).map((name) => (
            <input
              key={name}
              type="search"
              aria-label={text[name]}
              placeholder={text[name]}
              onChange={({ currentTarget }) => setFilter({ ...filter, [name]: currentTarget.value.trim() })}
            />
          ))}
          <button
            type="button"
            onClick={() =>
              download(
                "audit.jsonl",
                "application/jsonl",
                entries.map((entry) => `${JSON.stringify(entry)}\n`).join(""),
              )
            }
          >
            {text.export}
          </button>
        </>
      }
    >
      {value !== undefined && (
        <p class={value.verification.ok ? "muted" : "error"} role="status">
          {value.verification.ok
            ? text.intact(value.verification.entries)
            : text.broken(value.verification.brokenSeq ?? 0)}
        </p>
      )}
      <Rows empty={strings.noMatch}>
        {value?.entries.map((entry) => (
          <AuditRow key={entry.seq} entry={entry} />
        ))}
      </Rows>
      {value?.hasOlder === true && (
        <button type="button" class="quiet" onClick={() => setPages(pages + 1)}>
          {text.older}
        </button>
      )}
    </View>
  );
}

function AuditRow({ entry }: { readonly entry: Entry }): VNode {
  const { seq, at, action, actor, address, target, agentId, requestId, outcome, code } = entry;
  return (
    <Row
      title={
        <>
          {action} {outcome !== "ok" && <span class="outcome">{`${outcome} ${code ?? ""}`}</span>}
        </>
      }
      facts={[
        formatTime(at),
        actor ?? text.gateway,
        address ?? undefined,
        target ?? undefined,
        agentId ?? undefined,
        `#${seq}`,
      ]}
      actions={
        requestId !== null && (
          <a class="quiet" href={toHash("logs", requestId)}>
            {strings.logs.log}
          </a>
        )
      }
    />
  );
}
