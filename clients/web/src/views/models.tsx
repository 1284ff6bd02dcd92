/** The models that agents use, and how the last calls of their providers ended. */
import { useState } from "preact/hooks";
import type { VNode } from "preact";
import type { SocketMethods } from "openclaw-gateway-client/socket";
import { Row, Rows, View } from "../components/view.tsx";
import { formatTime } from "../lib/format.ts";
import { useLoad } from "../lib/use-load.ts";
import { can, describe, requireSocket } from "../store/connection.ts";
import { strings } from "../strings.ts";

const text = strings.models;

type Model = SocketMethods["models.list"]["result"]["models"][number];
type Provider = SocketMethods["status"]["result"]["providers"][number];

export function Models(): VNode {
  const { value, error, reload } = useLoad(async () => {
    const socket = requireSocket();
    const { models } = await socket.call("models.list", { includeDetails: true });
    const { providers } = can("operator.read") ? await socket.call("status") : { providers: [] };
    return { models, providers };
  });
  return (
    <View title={strings.views.models} error={error}>
      <h2>{text.models}</h2>
      <Rows>
        {value?.models.map((model) => (
          <ModelRow key={model.id} model={model} onTested={reload} />
        ))}
      </Rows>
      <h2>{text.providers}</h2>
      <Rows empty={text.noCalls}>
        {value?.providers.map((provider) => (
          <ProviderRow key={provider.provider} provider={provider} />
        ))}
      </Rows>
    </View>
  );
}

function ProviderRow({ provider: state }: { readonly provider: Provider }): VNode {
  const { provider, lastSuccessAt, coolingDownUntil, recentFailures = [] } = state;
  const [lastFailure, ...earlier] = recentFailures.map(({ at, code }) => `${formatTime(at)}: ${code}`);
  return (
    <Row
      title={provider}
      facts={[
        lastSuccessAt === undefined ? text.noSuccess : `${text.success} ${formatTime(lastSuccessAt)}`,
        coolingDownUntil === undefined ? undefined : `${text.coolDown} ${formatTime(coolingDownUntil)}`,
      ]}
      problem={lastFailure && `${text.failure} ${lastFailure}`}
    >
      {earlier.length > 0 && (
        <details>
          <summary>{text.earlierFailures(earlier.length)}</summary>
          <ul class="failures">
            {earlier.map((failure, index) => (
              <li key={index}>{failure}</li>
            ))}
          </ul>
        </details>
      )}
    </Row>
  );
}

interface ModelRowProps {
  readonly model: Model;
  readonly onTested: () => void;
}

function ModelRow({ model, onTested }: ModelRowProps): VNode {
  const { id, contextWindow, prices, tags = [] } = model;
  const [isTesting, setTesting] = useState(false);
  const [reply, setReply] = useState<string>();
  const [problem, setProblem] = useState<string>();
  const test = async (): Promise<void> => {
    setTesting(true);
    setReply(undefined);
    setProblem(undefined);
    try {
      const result = await requireSocket().call("models.test", { model: id });
      setReply(text.replied(result.durationMs, result.reply));
    } catch (thrown) {
      setProblem(describe(thrown));
    }
    setTesting(false);
    onTested();
  };
  return (
    <Row
      title={id}
      facts={[
        contextWindow === undefined ? text.unknownWindow : text.window(contextWindow),
        prices === undefined ? text.noPrices : text.prices(prices.input, prices.output),
        tags.join(", "),
        reply,
      ]}
      problem={problem}
      actions={
        can("operator.write", "run") && (
          <button type="button" disabled={isTesting} onClick={() => void test()}>
            {isTesting ? text.testing : text.test}
          </button>
        )
      }
    />
  );
}
