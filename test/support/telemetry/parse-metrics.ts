/** Reads OpenMetrics text and throws where it breaks the rules. https://prometheus.io/docs/specs/om/open_metrics_spec/ */

export interface Sample {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

export interface ParsedFamily {
  readonly type: string;
  readonly samples: Sample[];
}

const suffixes: Readonly<Record<string, readonly string[]>> = {
  counter: ["_total"],
  gauge: [""],
  histogram: ["_bucket", "_sum", "_count"],
};
const samplePattern = /^([a-z_]+)(?:\{(.*)\})? (\S+)$/;
const labelPattern = /([a-z_]+)="((?:[^"\\\n]|\\["\\n])*)"(?:,|$)/gy;

export function parseOpenMetrics(text: string): ReadonlyMap<string, ParsedFamily> {
  if (!text.endsWith("# EOF\n")) throw new Error("the text does not end with # EOF");
  const families = new Map<string, ParsedFamily>();
  const known = new Set<string>();
  let current: readonly [name: string, family: ParsedFamily] | undefined;
  for (const line of text.slice(0, -"# EOF\n".length).split("\n").slice(0, -1)) {
    const [, keyword, name = "", rest = ""] = /^# (HELP|TYPE) (\S+) (.+)$/.exec(line) ?? [];
    if (keyword === "HELP") continue;
    if (keyword === "TYPE") {
      if (families.has(name)) throw new Error(`${name} is declared twice`);
      current = [name, { type: rest, samples: [] }];
      families.set(...current);
      continue;
    }
    const sample = parseSample(line);
    const [family, { type, samples }] = current ?? ["", { type: "", samples: [] }];
    if (!(suffixes[type] ?? []).some((suffix) => sample.name === family + suffix))
      throw new Error(`${sample.name} is no sample of the ${type} ${family}`);
    const series = `${sample.name} ${identify(sample.labels)}`;
    if (known.has(series)) throw new Error(`${line} is a duplicate`);
    known.add(series);
    samples.push(sample);
  }
  for (const [name, { type, samples }] of families) if (type === "histogram") checkHistogram(name, samples);
  return families;
}

function parseSample(line: string): Sample {
  const [, name, labelText = "", value] = samplePattern.exec(line) ?? [];
  if (name === undefined) throw new Error(`${JSON.stringify(line)} is no sample`);
  const labels: Record<string, string> = {};
  let length = 0;
  for (const [matched, label = "", text = ""] of labelText.matchAll(labelPattern)) {
    labels[label] = text;
    length += matched.length;
  }
  if (length !== labelText.length) throw new Error(`the labels of ${line} are malformed`);
  return { name, labels, value: Number(value?.replace("Inf", "Infinity")) };
}

/** The order of labels has no meaning. */
const identify = (labels: Sample["labels"]): string =>
  Object.entries(labels)
    .map((pair) => pair.join("="))
    .toSorted((a, b) => a.localeCompare(b))
    .join();

/** Buckets are cumulative, and the last one is the count. */
function checkHistogram(name: string, samples: readonly Sample[]): void {
  const groups = Map.groupBy(samples, ({ labels }) => identify({ ...labels, le: "" }));
  for (const [labels, group] of groups) {
    const buckets = group.filter((sample) => sample.name === `${name}_bucket`);
    const bounds = buckets.map(({ labels: { le = "" } }) => Number(le.replace("Inf", "Infinity")));
    const counts = buckets.map(({ value }) => value);
    const isAscending = (values: readonly number[]): boolean =>
      values.every((value, index) => index === 0 || value >= (values[index - 1] ?? 0));
    const count = group.find((sample) => sample.name === `${name}_count`)?.value;
    if (!isAscending(bounds) || !isAscending(counts) || bounds.at(-1) !== Infinity || counts.at(-1) !== count)
      throw new Error(`the buckets of ${name} ${labels} are wrong`);
  }
}

/** Returns the value of the sample with these labels, and of all others with zero or more further labels in sum. */
export function sumSamples(
  families: ReadonlyMap<string, ParsedFamily>,
  name: string,
  labels: Readonly<Record<string, string>> = {},
): number {
  return [...families.values()]
    .flatMap(({ samples }) => samples)
    .filter((sample) => sample.name === name)
    .filter((sample) => Object.entries(labels).every(([label, value]) => sample.labels[label] === value))
    .reduce((sum, { value }) => sum + value, 0);
}
