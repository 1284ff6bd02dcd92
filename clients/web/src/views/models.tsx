/** The models that agents use, and how the last calls of their providers ended. */
import type { VNode } from "preact";
import { Row, Rows, View } from "../components/view.tsx";
import { formatTime } from "../lib/format.ts";
import { useLoad } from "../lib/use-load.ts";
import { can, requireSocket } from "../store/connection.ts";
import { strings } from "../strings.ts";

const text = strings.models;

export function Models(): VNode {
  const { value, error } = useLoad(async () => {
    const socket = requireSocket();
    const { models } = await socket.call("models.list", { includeDetails: true });
    const { providers } = can("operator.read") ? await socket.call("status") : { providers: [] };
    return { models, providers };
  });
  return (
    <View title={strings.views.models} error={error}>
      <h2>{text.models}</h2>
      <Rows>
        {(value?.models ?? []).map(({ id, contextWindow, tags = [] }) => (
          <Row
            key={id}
            title={id}
            facts={[
              contextWindow === undefined ? text.unknownWindow : text.window(contextWindow),
              tags.join(", "),
            ]}
          />
        ))}
      </Rows>
      <h2>{text.providers}</h2>
      <Rows>
        {(value?.providers ?? []).map(({ provider, lastSuccessAt, lastFailure, coolingDownUntil }) => (
          <Row
            key={provider}
            title={provider}
            facts={[
              lastSuccessAt === undefined ? text.noSuccess : `${text.success} ${formatTime(lastSuccessAt)}`,
              coolingDownUntil === undefined ? undefined : `${text.coolDown} ${formatTime(coolingDownUntil)}`,
            ]}
            problem={lastFailure && `${text.failure} ${formatTime(lastFailure.at)}: ${lastFailure.code}`}
          />
        ))}
      </Rows>
    </View>
  );
}
