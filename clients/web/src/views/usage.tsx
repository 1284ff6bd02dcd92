/** What the model calls used and cost: plots of days, and sums by agent, model and key. */
import { useMemo, useState } from "preact/hooks";
import type { VNode } from "preact";
import type { UsageReport } from "openclaw-gateway-client";
import { Plot } from "../components/plot.tsx";
import { View } from "../components/view.tsx";
import { toCsv } from "../lib/csv.ts";
import { download } from "../lib/download.ts";
import { useLoad } from "../lib/use-load.ts";
import { createHttpClient } from "../store/connection.ts";
import { strings } from "../strings.ts";

const text = strings.usage;

type Line = UsageReport["data"][number];
type Sums = Omit<Line, "day" | "agentId" | "model" | "credential">;

interface Range {
  readonly from: string;
  readonly to: string;
}

const dimensions = ["agent", "model", "credential", "day"] as const;
type Dimension = (typeof dimensions)[number];
const dayMs = 86_400_000;
const rangeDays = [7, 30, 90, 365];

const toDay = (at: number): string => new Date(at).toISOString().slice(0, 10);
const lastDays = (count: number): Range => ({
  from: toDay(Date.now() - (count - 1) * dayMs),
  to: toDay(Date.now()),
});
const formatCount = (value: number): string => value.toLocaleString("en", { notation: "compact" });
const formatMs = (ms: number): string =>
  ms < 1_000 ? `${Math.round(ms)} ms` : `${(ms / 1000).toFixed(1)} s`;

export function Usage(): VNode {
  const [range, setRange] = useState(lastDays(30));
  const [by, setBy] = useState<readonly Dimension[]>(["model"]);
  const { value, error } = useLoad(async () => {
    const { usage } = createHttpClient();
    const [days, groups] = await Promise.all([
      usage({ ...range, groupBy: "day" }),
      usage({ ...range, groupBy: by.join(",") }),
    ]);
    return { days, groups };
  }, [range.from, range.to, by.join()]);
  const rows = (value?.groups.data ?? []).toSorted((a, b) => compareLines(a, b, by));
  return (
    <View
      title={strings.views.usage}
      error={error}
      controls={
        <>
          <select
            aria-label={text.range}
            value=""
            onChange={({ currentTarget }) => setRange(lastDays(Number(currentTarget.value)))}
          >
            <option value="">{`${range.from} – ${range.to}`}</option>
            {rangeDays.map((count) => (
              <option key={count} value={count}>
                {text.days(count)}
              </option>
            ))}
          </select>
          <button
            type="button"
            disabled={rows.length === 0}
            onClick={() =>
              download(`usage-${range.from}-${range.to}.csv`, "text/csv", toCsv(rows.map(toCsvRow)))
            }
          >
            {text.csv}
          </button>
        </>
      }
    >
      {value !== undefined && <Plots report={value.days} onSelect={(from, to) => setRange({ from, to })} />}
      <fieldset class="choices">
        <legend>{text.by}</legend>
        {dimensions.map((dimension) => (
          <label key={dimension}>
            <input
              type="checkbox"
              checked={by.includes(dimension)}
              onChange={({ currentTarget: { checked } }) =>
                setBy(dimensions.filter((each) => (each === dimension ? checked : by.includes(each))))
              }
            />
            {text.dimensions[dimension]}
          </label>
        ))}
      </fieldset>
      <Table rows={rows} by={by} total={value?.groups.total} />
    </View>
  );
}

interface PlotsProps {
  readonly report: UsageReport;
  readonly onSelect: (from: string, to: string) => void;
}

function Plots({ report, onSelect }: PlotsProps): VNode {
  const data = useMemo(() => {
    const byDay = new Map(report.data.map((line) => [line.day, line]));
    const count = (Date.parse(report.to) - Date.parse(report.from)) / dayMs + 1;
    const days = Array.from({ length: count }, (_, index) => toDay(Date.parse(report.from) + index * dayMs));
    const read = (pick: (line: Line) => number | null, missing: number | null = 0) =>
      days.map((day) => {
        const line = byDay.get(day);
        return line === undefined ? missing : pick(line);
      });
    return {
      days,
      tokens: [
        { label: text.input, color: "--accent", values: read((line) => line.inputTokens) },
        { label: text.cached, color: "--muted", values: read((line) => line.cacheReadTokens) },
        {
          label: text.output,
          color: "--second",
          values: read((line) => line.outputTokens + line.reasoningTokens),
        },
      ],
      cost: [{ label: "", color: "--accent", values: read((line) => (line.costMicroUsd ?? 0) / 1e6) }],
      calls: [
        { label: "", color: "--accent", values: read((line) => line.calls) },
        { label: text.failures, color: "--danger", values: read((line) => line.failures) },
      ],
      times: [
        { label: "p50", color: "--accent", values: read((line) => line.firstTokenP50Ms, null) },
        { label: "p95", color: "--second", values: read((line) => line.firstTokenP95Ms, null) },
      ],
    };
  }, [report]);
  const common = { days: data.days, onSelect };
  return (
    <>
      <p class="muted">{text.hint}</p>
      <div class="plots">
        <Plot {...common} title={text.tokens} isInteger series={data.tokens} format={formatCount} />
        <Plot {...common} title={text.cost} series={data.cost} format={strings.chat.cost} />
        <Plot {...common} title={text.calls} isInteger series={data.calls} format={formatCount} />
        <Plot {...common} title={text.firstToken} series={data.times} format={formatMs} />
      </div>
    </>
  );
}

interface TableProps {
  readonly rows: readonly Line[];
  readonly by: readonly Dimension[];
  readonly total: Sums | undefined;
}

function Table({ rows, by, total }: TableProps): VNode {
  return (
    <div class="scroll" tabIndex={0}>
      <table class="matrix numbers">
        <thead>
          <tr>
            {by.map((dimension) => (
              <th key={dimension} scope="col" class="name">
                {text.dimensions[dimension]}
              </th>
            ))}
            {columns.map(([name]) => (
              <th key={name} scope="col">
                {name}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => (
            <tr key={by.map((dimension) => readDimension(row, dimension)).join(" ")}>
              {by.map((dimension) => (
                <th key={dimension} scope="row" class="name">
                  {readDimension(row, dimension)}
                </th>
              ))}
              <Cells sums={row} />
            </tr>
          ))}
          {total !== undefined && by.length > 0 && (
            <tr class="total">
              <th scope="row" colSpan={by.length} class="name">
                {text.whole}
              </th>
              <Cells sums={total} />
            </tr>
          )}
        </tbody>
      </table>
    </div>
  );
}

const columns: readonly (readonly [string, (sums: Sums) => string])[] = [
  [text.calls, ({ calls }) => calls.toLocaleString("en")],
  [text.columns.failures, ({ failures }) => failures.toLocaleString("en")],
  [text.columns.input, ({ inputTokens }) => inputTokens.toLocaleString("en")],
  [text.columns.cached, ({ cacheReadTokens }) => cacheReadTokens.toLocaleString("en")],
  [
    text.columns.output,
    ({ outputTokens, reasoningTokens }) => (outputTokens + reasoningTokens).toLocaleString("en"),
  ],
  [
    text.cost,
    ({ costMicroUsd }) => (costMicroUsd === null ? text.unpriced : strings.chat.cost(costMicroUsd / 1e6)),
  ],
  [text.columns.p50, ({ firstTokenP50Ms }) => (firstTokenP50Ms === null ? "" : formatMs(firstTokenP50Ms))],
  [text.columns.p95, ({ firstTokenP95Ms }) => (firstTokenP95Ms === null ? "" : formatMs(firstTokenP95Ms))],
];

function Cells({ sums }: { readonly sums: Sums }): VNode {
  return (
    <>
      {columns.map(([name, format]) => (
        <td key={name}>{format(sums)}</td>
      ))}
    </>
  );
}

const readDimension = (line: Line, dimension: Dimension): string =>
  (dimension === "agent" ? line.agentId : line[dimension]) ?? "";

/** The latest day first; within a day what costs most. */
function compareLines(a: Line, b: Line, by: readonly Dimension[]): number {
  const days = by.includes("day") ? (b.day ?? "").localeCompare(a.day ?? "") : 0;
  return days || (b.costMicroUsd ?? 0) - (a.costMicroUsd ?? 0) || b.calls - a.calls;
}

/** Every line has the same columns, in this order. */
const toCsvRow = ({ day, agentId, model, credential, ...sums }: Line) => ({
  day,
  agentId,
  model,
  credential,
  ...sums,
});
