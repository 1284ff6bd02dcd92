/** The active configuration, without its secrets, and whether its file is applied. */
import type { VNode } from "preact";
import { CopyButton } from "../components/copy-button.tsx";
import { View } from "../components/view.tsx";
import { useLoad } from "../lib/use-load.ts";
import { requireSocket } from "../store/connection.ts";
import { strings } from "../strings.ts";

const text = strings.config;

export function Configuration(): VNode {
  const { value, error } = useLoad(async () => {
    const socket = requireSocket();
    return { snapshot: await socket.call("config.get"), status: (await socket.call("status")).config };
  });
  const json = value === undefined ? "" : JSON.stringify(value.snapshot.config, null, 2);
  return (
    <View title={strings.views.config} error={error} controls={<CopyButton getText={() => json} />}>
      {value !== undefined && (
        <>
          <p>{value.status.applied ? text.applied : text.notApplied}</p>
          {value.status.restartRequired.length > 0 && (
            <p class="error">{`${text.restart} ${value.status.restartRequired.join(", ")}`}</p>
          )}
          {value.snapshot.issues.map((issue) => (
            <p key={issue} class="error">
              {issue}
            </p>
          ))}
          <p class="muted">{text.masked}</p>
          <pre>{json}</pre>
        </>
      )}
    </View>
  );
}
